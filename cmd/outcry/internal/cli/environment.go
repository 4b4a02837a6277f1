package cli

import (
	"io"
	"net"
	"os"
)

// environment is everything a command takes from outside besides its
// arguments, so that tests run commands in their own process. Results go to
// Stdout; all else (logs, progress, warnings, errors) goes to Stderr.
type environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// LookupEnv reads one variable, like os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Environ lists all variables as "NAME=value", like os.Environ.
	Environ func() []string
	// Dir is where outcry.yaml and .env are looked for; empty: the working
	// directory.
	Dir string
	// Version is the version of the binary; empty: what the build recorded.
	Version string
	// Ready, where set, is called by serve once both listeners are open.
	// admin is nil where the admin address is off.
	Ready func(public, admin net.Addr)
}

// system is the environment of the process.
func system(version string) *environment {
	return &environment{
		Stdin:     os.Stdin,
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		LookupEnv: os.LookupEnv,
		Environ:   os.Environ,
		Version:   version,
	}
}
