package conformance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startWait   = 20 * time.Second
	stopWait    = 10 * time.Second
	releaseWait = 5 * time.Second
	collectWait = 20 * time.Second // collecting garbage takes a busy machine its time
	heapSpare   = 16               // MB

	// The bytes that a message may have: by default, and in tests of the limit.
	defaultLimit = 16 << 20
	smallLimit   = 64 << 10
)

// limited are the flags for an echo with smallLimit.
var limited = []string{"--max-message-size", strconv.Itoa(smallLimit)}

// server is a running echo.
type server struct {
	process *os.Process
	address string
	said    string        // file: standard output
	log     string        // file: standard error
	ended   chan struct{} // closed when the process has ended
	exit    error         // how, once ended is closed
	before  reading
	control *client // connected all along
}

// reading is what a server takes.
type reading struct {
	descriptors int
	heap        int // MB
}

// over runs a test against a new echo on each transport, which must settle after
// it. The two run at the same time, and maybe after over has returned.
func over(t *testing.T, test func(t *testing.T, s *server), flags ...string) {
	t.Helper()
	for _, transport := range []string{"epoll", "goroutine"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := start(t, append(flags, "--transport", transport)...)
			t.Cleanup(func() { s.settled(t) }) // once the test's clients have gone
			test(t, s)
		})
	}
}

// start starts an echo on a free port. It is stopped with the test, which fails
// if it does not end well: a data race makes it exit with another code than 0.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{said: filepath.Join(dir, "said"), log: filepath.Join(dir, "log"), ended: make(chan struct{})}
	said, err := os.Create(s.said)
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, append([]string{"debug", "echo", "--address", "127.0.0.1:0"}, flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, said, log
	// gctrace prints the live heap after each collection: see heap. The race
	// detector would have each echo wait for a second before it exits.
	cmd.Env = []string{"GODEBUG=gctrace=1", "GORACE=atexit_sleep_ms=10"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = cmd.Process
	go func() {
		s.exit = cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { s.stop(t) })
	s.await(t)
	return s
}

// await waits until the echo has said where it listens, and takes a reading.
func (s *server) await(t *testing.T) {
	t.Helper()
	listening := regexp.MustCompile(`ws://(127\.0\.0\.1:[1-9]\d*)`)
	eventually(t, startWait, func() error {
		m := listening.FindSubmatch(content(t, s.said))
		if m == nil {
			return fmt.Errorf("the echo named no address:\n%s", content(t, s.log))
		}
		s.address = string(m[1])
		return nil
	})
	s.control = s.dial(t, "")
	var err error
	if s.before.heap, err = s.heap(t); err != nil {
		t.Fatal(err)
	}
	s.before.descriptors = s.descriptors(t)
}

// dial connects with an offer, or without one where it is empty, until the end
// of the test.
func (s *server) dial(t *testing.T, offer string) *client {
	t.Helper()
	c, err := dial(s.address, offer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// content is what a file holds.
func content(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stop ends the echo as an operator does.
func (s *server) stop(t *testing.T) {
	t.Helper()
	_ = s.process.Signal(syscall.SIGTERM) // fails where it has ended already
	select {
	case <-s.ended:
	case <-time.After(stopWait):
		t.Error("the echo did not end")
		_ = s.process.Kill()
		<-s.ended
	}
	if s.exit != nil {
		log := content(t, s.log)
		t.Errorf("the echo ended with %v:\n%s", s.exit, log[max(0, len(log)-8<<10):])
	}
}

// settled checks that nothing is left of what was done to the echo.
func (s *server) settled(t *testing.T) {
	t.Helper()
	select {
	case <-s.ended:
		t.Fatalf("the echo has ended: %v", s.exit)
	default:
	}
	s.released(t)
	eventually(t, collectWait, func() error {
		now, err := s.heap(t)
		if err == nil && now > s.before.heap+heapSpare {
			err = fmt.Errorf("%d MB of heap, was %d", now, s.before.heap)
		}
		return err
	})
}

// released waits until the echo has let go of all connections but the control
// client's, open as they may still be on our side.
func (s *server) released(t *testing.T) {
	t.Helper()
	eventually(t, releaseWait, func() error {
		if got, want := s.descriptors(t), s.before.descriptors; got != want {
			return fmt.Errorf("%d descriptors, was %d", got, want)
		}
		return nil
	})
}

// descriptors counts the open descriptors of the process.
func (s *server) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// memory is a line of /proc/PID/status, such as VmHWM, in bytes.
func (s *server) memory(t *testing.T, name string) int {
	t.Helper()
	status := string(content(t, fmt.Sprintf("/proc/%d/status", s.process.Pid)))
	_, rest, _ := strings.Cut(status, name+":")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	n, err := strconv.Atoi(kilobytes)
	if err != nil {
		t.Fatalf("%s in /proc/%d/status: %v", name, s.process.Pid, err)
	}
	return n << 10
}

// collection is a line of gctrace: "… 4->5->2 MB, …", heap before, after and
// alive.
var collection = regexp.MustCompile(`(?m)^gc \d+ @.* \d+->\d+->(\d+) MB, `)

// heap has the echo collect its garbage, by echoing to the control client, and
// returns the megabytes that are alive. Resident memory would not do: the
// runtime gives it back late, and the race detector's never.
func (s *server) heap(t *testing.T) (int, error) {
	t.Helper()
	// Larger than one read, so that it is garbage when it has been echoed.
	m := message{opBinary, strings.Repeat("garbage ", smallLimit/8)}
	frame := blob(m.payload)
	if err := s.control.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	seen := len(content(t, s.log))
	for range 2000 {
		found := collection.FindAllSubmatch(content(t, s.log)[seen:], -1)
		if len(found) > 1 { // the first may have begun earlier
			return strconv.Atoi(string(found[len(found)-1][1]))
		}
		s.control.send(t, frame)
		s.control.want(t, m)
	}
	return 0, errors.New("the echo collects no garbage")
}
