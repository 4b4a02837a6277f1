package cli

import "errors"

// The exit codes. They are documented in docs/configuration.md and in the help
// of the root command.
const (
	exitOK          = 0
	exitFailure     = 1 // failed while running
	exitUsage       = 2 // wrong arguments or configuration
	exitUnreachable = 3 // connection refused, or no server there
	exitRefused     = 4 // the server refused: credentials or rights
)

// exitError is an error with the exit code it leads to.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage marks err as the caller's mistake: exit code 2.
func usage(err error) error { return &exitError{exitUsage, err} }

// unreachable marks err as a server that cannot be reached: exit code 3.
func unreachable(err error) error { return &exitError{exitUnreachable, err} }

// refused marks err as a refusal by the server: exit code 4.
func refused(err error) error { return &exitError{exitRefused, err} }

// failed gives an error of a command that has begun to run its exit code: the
// one it carries, else 1. Errors that never passed here are cobra's, about
// commands, flags and arguments.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if coded := (*exitError)(nil); errors.As(err, &coded) {
		return err
	}
	return &exitError{exitFailure, err}
}

// exitCode is the code of what Execute returned.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if coded := (*exitError)(nil); errors.As(err, &coded) {
		return coded.code
	}
	return exitUsage
}
