package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const stopWait = 20 * time.Second

// Server is a running process of a Program.
type Server struct {
	*os.Process
	Ended chan struct{} // closed when the process has ended
	Exit  error         // how, once Ended is closed

	log string // file: what it has written
}

// Start runs the program in a folder. It is stopped with the test, which fails
// if it does not end well: a data race makes it exit with another code than 0.
func (p *Program) Start(t *testing.T, dir string, env []string, args ...string) *Server {
	t.Helper()
	s := &Server{Ended: make(chan struct{}), log: filepath.Join(dir, "log")}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(p.path, args...) // stop ends it, first in good order
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	// gctrace prints the live heap after each collection: see Heap. The race
	// detector would have each process wait for a second before it exits.
	cmd.Env = append([]string{"GODEBUG=gctrace=1", "GORACE=atexit_sleep_ms=10"}, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.Process = cmd.Process
	go func() {
		s.Exit = cmd.Wait()
		close(s.Ended)
	}()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// Logged is what the process has written to both its outputs.
func (s *Server) Logged(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Tail is the end of Logged, which may be long.
func (s *Server) Tail(t *testing.T) []byte {
	t.Helper()
	log := s.Logged(t)
	return log[max(0, len(log)-8<<10):]
}

// stop ends the process as an operator does.
func (s *Server) stop(t *testing.T) {
	t.Helper()
	_ = s.Signal(syscall.SIGTERM) // fails where it has ended already
	select {
	case <-s.Ended:
	case <-time.After(stopWait):
		t.Error("the server did not end")
		_ = s.Kill()
		<-s.Ended
	}
	if s.Exit != nil {
		t.Errorf("the server ended with %v:\n%s", s.Exit, s.Tail(t))
	}
}

// Descriptors counts the open descriptors of the process.
func (s *Server) Descriptors() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Pid))
	return len(entries), err
}

// collection is a line of gctrace: "… 4->5->2 MB, …", heap before, after and
// alive.
const collection = `(?m)^gc \d+ @.* \d+->\d+->(\d+) MB, `

// Heap calls litter, which has the process make garbage, until it has collected
// it, and returns the megabytes that are alive. Resident memory would not do:
// the runtime gives it back late, and the race detector's never.
func (s *Server) Heap(t *testing.T, litter func() error) (int, error) {
	t.Helper()
	collections := regexp.MustCompile(collection)
	seen := len(s.Logged(t))
	for range 2000 {
		found := collections.FindAllSubmatch(s.Logged(t)[seen:], -1)
		if len(found) > 1 { // the first may have begun earlier
			return strconv.Atoi(string(found[len(found)-1][1]))
		}
		if err := litter(); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("the server collects no garbage")
}
