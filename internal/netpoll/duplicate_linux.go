package netpoll

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// plain returns conn if it is a bare stream socket, which is all that Epoll
// carries: not what wraps or embeds one.
func plain(conn net.Conn) (syscall.Conn, bool) {
	switch c := conn.(type) {
	case *net.TCPConn:
		return c, true
	case *net.UnixConn:
		a := c.LocalAddr() // nil in a zero UnixConn
		return c, a != nil && a.Network() == "unix"
	}
	return nil, false
}

// duplicate returns a second descriptor of conn's socket, with at most unsent
// bytes in the kernel if it is TCP.
func duplicate(conn net.Conn, unsent int) (fd int, err error) {
	c, ok := plain(conn)
	if !ok {
		return -1, fmt.Errorf("epoll carries no %T", conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	var refused error
	err = raw.Control(func(from uintptr) {
		if fd, refused = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0); refused != nil {
			refused = os.NewSyscallError("fcntl", refused)
			return
		}
		if _, tcp := conn.(*net.TCPConn); !tcp || unsent == 0 {
			return
		}
		if refused = setUnsent(fd, unsent); refused != nil {
			refused = errors.Join(refused, unix.Close(fd))
		}
	})
	if err := errors.Join(err, refused); err != nil {
		return -1, err
	}
	return fd, nil
}
