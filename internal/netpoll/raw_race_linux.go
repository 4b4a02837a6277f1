//go:build race

package netpoll

import (
	"os"
	"syscall"
)

// With the race detector the calls are those of package syscall, as they are
// beneath package net: what one side did before it sent is known to have
// happened before what the other does when it has received. A program that is
// tested together with its clients relies on that.

// sendNow is that of raw_linux.go.
func sendNow(fd int, b []byte) (int, error) {
	for {
		n, err := syscall.Write(fd, b)
		switch err { //nolint:errorlint // package syscall returns bare numbers
		case nil:
			return n, nil
		case syscall.EAGAIN:
			return 0, nil
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("write", err)
		}
	}
}

// receiveNow is that of raw_linux.go.
func receiveNow(fd int, b []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, b)
		switch err { //nolint:errorlint // as in sendNow
		case nil:
			return n, nil
		case syscall.EAGAIN:
			return 0, errAgain
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("read", err)
		}
	}
}
