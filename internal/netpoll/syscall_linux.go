package netpoll

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errAgain says that nothing is there to be received.
var errAgain = errors.New("nothing there")

// pollEvents fills events with what is ready and returns how many there are.
func pollEvents(epoll int, events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), //nolint:gosec // the kernel writes at most len(events) of them
		0, 0, 0)
	if errno != 0 { // EINTR; nothing else can happen to a descriptor of ours
		return 0
	}
	return int(n)
}

// socketError takes the socket's pending error. Something took it before if
// there is none: then the connection was reset.
func socketError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code == 0 {
		return unix.ECONNRESET
	}
	return unix.Errno(code)
}
