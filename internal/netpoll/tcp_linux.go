package netpoll

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// limitUnsent sets TCP_NOTSENT_LOWAT where conn runs over TCP and bytes is not 0.
func limitUnsent(conn net.Conn, bytes int) error {
	c, ok := transport(conn).(*net.TCPConn)
	if !ok || bytes == 0 {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = setUnsent(int(fd), bytes)
	})
	return errors.Join(err, refused)
}

// setUnsent sets TCP_NOTSENT_LOWAT.
func setUnsent(fd, bytes int) error {
	err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes)
	if errors.Is(err, unix.ENOPROTOOPT) { // some sandboxes lack it; the rest works without
		return nil
	}
	return os.NewSyscallError("setsockopt", err)
}

// watchable reports whether watch can see conn break.
func watchable(conn net.Conn) bool {
	_, ok := transport(conn).(*net.TCPConn)
	return ok
}

// watch blocks until conn breaks, which is its error, or its read deadline
// passes; then it returns nil. It reads nothing. The peer's FIN is no break.
func watch(conn net.Conn) error {
	c, ok := transport(conn).(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	// The runtime waits for the next edge after each call that returns false.
	var broken error
	err = raw.Read(func(fd uintptr) bool {
		broken = breakage(int(fd))
		return broken != nil
	})
	if broken != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return broken
	}
	return err
}

// breakage returns why the socket is in an error or hang-up state, or nil.
func breakage(fd int) error {
	fds := []unix.PollFd{{Fd: int32(fd)}}
	_, err := unix.Poll(fds, 0)
	for errors.Is(err, unix.EINTR) {
		_, err = unix.Poll(fds, 0)
	}
	if err != nil {
		return os.NewSyscallError("poll", err)
	}
	if fds[0].Revents == 0 {
		return nil
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code == 0 { // a write has taken the error
		return unix.ECONNRESET
	}
	return unix.Errno(code)
}
