package faults

import "syscall"

// narrow gives a socket the smallest receive buffer there is.
func narrow(fd uintptr) error {
	return syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1)
}
