package conformance

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

const (
	startWait   = 20 * time.Second
	releaseWait = 20 * time.Second
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
	*process.Server
	address string
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

// start starts an echo on a free port, until the end of the test.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	args := append([]string{"debug", "echo", "--address", "127.0.0.1:0"}, flags...)
	s := &server{Server: program.Start(t, t.TempDir(), nil, args...)}
	s.await(t)
	return s
}

// await waits until the echo has said where it listens, and takes a reading.
func (s *server) await(t *testing.T) {
	t.Helper()
	listening := regexp.MustCompile(`ws://(127\.0\.0\.1:[1-9]\d*)`)
	process.Eventually(t, startWait, func() error {
		m := listening.FindSubmatch(s.Logged(t))
		if m == nil {
			return fmt.Errorf("the echo named no address:\n%s", s.Logged(t))
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

// settled checks that nothing is left of what was done to the echo.
func (s *server) settled(t *testing.T) {
	t.Helper()
	select {
	case <-s.Ended:
		t.Fatalf("the echo has ended: %v", s.Exit)
	default:
	}
	s.released(t)
	process.Eventually(t, collectWait, func() error {
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
	process.Eventually(t, releaseWait, func() error {
		if got, want := s.descriptors(t), s.before.descriptors; got != want {
			return fmt.Errorf("%d descriptors, was %d", got, want)
		}
		return nil
	})
}

// descriptors is process.Server.Descriptors where it cannot fail.
func (s *server) descriptors(t *testing.T) int {
	t.Helper()
	n, err := s.Descriptors()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// memory is a line of /proc/PID/status, such as VmHWM, in bytes.
func (s *server) memory(t *testing.T, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	n, err := strconv.Atoi(kilobytes)
	if err != nil {
		t.Fatalf("%s in /proc/%d/status: %v", name, s.Pid, err)
	}
	return n << 10
}

// heap is process.Server.Heap, by echoing to the control client.
func (s *server) heap(t *testing.T) (int, error) {
	t.Helper()
	// Larger than one read, so that it is garbage when it has been echoed.
	m := message{opBinary, strings.Repeat("garbage ", smallLimit/8)}
	frame := blob(m.payload)
	if err := s.control.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return s.Heap(t, func() error {
		s.control.send(t, frame)
		s.control.want(t, m)
		return nil
	})
}
