// Package process runs the outcry binary for tests that need a whole process.
package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program is the binary under test, built for the tests of one package.
type Program struct{ path string }

// Main is the work of a TestMain: it builds the binary from source, with the
// race detector if the tests have it, into p, runs the tests and exits.
func Main(m *testing.M, p *Program) {
	code, err := p.run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func (p *Program) run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "outcry-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	p.path = filepath.Join(dir, "outcry")
	build := exec.Command("go", "build", raceFlag, "-o", p.path, "github.com/outcry-dev/outcry/cmd/outcry")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return m.Run(), nil
}
