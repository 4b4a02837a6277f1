package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sources is the number of addresses that clients come from, so that the ports
// of none of them run out: 127.0.0.2 and on.
const sources = 20

// receiveBuffer is how many bytes a client's socket may hold, or less where the
// kernel allows less. That clients have to wait for the processor, which they
// share with the server, shall not slow the server's sockets down.
const receiveBuffer = 1 << 20

// open begins to connect a non-blocking socket from the i-th source.
func open(server netip.AddrPort, i int) (fd int, err error) {
	return dial(server, i, unix.SOCK_NONBLOCK)
}

func dial(server netip.AddrPort, i, flags int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	from := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + i%sources)}}
	to := &unix.SockaddrInet4{Addr: server.Addr().As4(), Port: int(server.Port())}
	err = errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)),
		os.NewSyscallError("bind", unix.Bind(fd, from)),
	)
	if err == nil {
		if err = unix.Connect(fd, to); errors.Is(err, unix.EINPROGRESS) {
			err = nil
		}
		err = os.NewSyscallError("connect", err)
	}
	if err != nil {
		return 0, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// cut closes a socket by RST: it leaves no port waiting.
func cut(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.Close(fd)
}

// connected returns why a connection could not be made.
func connected(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code != 0 {
		return os.NewSyscallError("connect", unix.Errno(code))
	}
	return nil
}

// receive reads from a non-blocking socket without telling Go's scheduler. It
// returns 0 at the end of the stream, and -1 where there is nothing to read.
func receive(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))) //nolint:gosec // the kernel writes at most len(b) bytes to b
	if errno == unix.EAGAIN || errno == unix.EINTR {
		return -1, nil
	}
	if errno != 0 {
		return 0, os.NewSyscallError("read", errno)
	}
	return int(n), nil
}

// send writes all of b. What clients say is short and always fits.
func send(fd int, b []byte) error {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), //nolint:gosec // the kernel reads len(b) bytes of b
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch {
	case errno != 0:
		return os.NewSyscallError("sendto", errno)
	case int(n) != len(b):
		return fmt.Errorf("sendto: %d of %d bytes taken", n, len(b))
	}
	return nil
}
