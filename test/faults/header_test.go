package faults

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// sockets is how many an attack uses at most.
const sockets = 5000

// slow is a socket that sends its request byte by byte.
type slow struct {
	*client
	opened, cut time.Time
	dripped     int    // bytes
	answer      string // before it was cut
	err         error  // of reading up to there
}

// TestSlowHeaders covers case 7: requests that arrive byte by byte are cut
// when their time is over, and good handshakes go through meanwhile.
func TestSlowHeaders(t *testing.T) {
	s := start(t, setup{flags: []string{"--header-timeout=3s"}})
	w := observe(t, s, "")
	slows := make([]*slow, sockets)
	f := &fleet{clients: make([]*client, sockets)}
	for i := range slows {
		f.clients[i] = newClient(fmt.Sprintf("slow-%d", i), i)
		slows[i] = &slow{client: f.clients[i]}
	}
	t.Cleanup(f.drop)
	var open, peak atomic.Int64
	f.must(t, func(c *client) error {
		if err := c.dial(t.Context(), s.address); err != nil {
			return err
		}
		peak.Store(max(peak.Load(), open.Add(1)))
		f.readers.Go(func() { slows[c.index].drip(); open.Add(-1) })
		return nil
	})
	good := 0
	for open.Load() > 0 {
		goodHandshake(t, s, good)
		good++
	}
	f.readers.Wait()
	// On a busy machine the first are cut before the last come, but many are
	// there at once.
	if peak.Load() < sockets/5 || good == 0 {
		t.Errorf("%d slow requests at once and %d good handshakes meanwhile", peak.Load(), good)
	}
	for _, sl := range slows {
		if err := sl.verdict(); err != nil {
			t.Fatalf("%s: %v", sl.id, err)
		}
	}
	w.settled(t)
}

// drip sends one byte of a request after the other until it is cut.
func (sl *slow) drip() {
	const every = 250 * time.Millisecond
	sl.opened = time.Now()
	rest := []byte("GET /ws HTTP/1.1\r\nHost: outcry\r\nX-Slow: still not complete ...\r\n\r\n")
	err := os.ErrDeadlineExceeded
	for errors.Is(err, os.ErrDeadlineExceeded) && sl.dripped < len(rest) {
		// If it fails the socket has been cut, which Peek finds out.
		_, _ = sl.conn.Write(rest[sl.dripped : sl.dripped+1])
		sl.dripped++
		_ = sl.conn.SetReadDeadline(time.Now().Add(every))
		_, err = sl.br.Peek(1)
	}
	_ = sl.conn.SetReadDeadline(time.Now().Add(dialWait))
	answer, err := io.ReadAll(sl.br)
	sl.cut, sl.answer, sl.err = time.Now(), string(answer), err
}

func (sl *slow) verdict() error {
	const limit = 15 * time.Second // header_timeout is a fifth of it: slack for a busy machine
	took := sl.cut.Sub(sl.opened)
	switch {
	case errors.Is(sl.err, os.ErrDeadlineExceeded):
		return errors.New("not cut")
	case sl.answer != "" && !strings.HasPrefix(sl.answer, "HTTP/1.1 4"):
		return fmt.Errorf("answered %q", sl.answer)
	case sl.dripped < 2 || took < time.Second || took > limit:
		return fmt.Errorf("cut after %d bytes and %v", sl.dripped, took)
	}
	return nil
}

// goodHandshake connects and leaves again.
func goodHandshake(t *testing.T, s *server, i int) {
	t.Helper()
	c := newClient(fmt.Sprintf("good-%d", i), i)
	if err := c.open(t.Context(), s.address); err != nil {
		t.Fatalf("a good handshake: %v", err)
	}
	c.drop()
}
