package netpoll

import (
	"fmt"
	"runtime/debug"
)

// PanicError is the Err of a Closed event whose cause is a panic in a
// goroutine of the driver, as a net.Conn that is not ours may raise it.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error names the panic without its stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic in connection: %v", e.Value) }

// guard runs f and turns a panic in it into an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
