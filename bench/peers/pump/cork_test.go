package pump

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// tape records what reaches the socket.
type tape struct {
	net.Conn
	mu        sync.Mutex
	writes    [][]byte
	deadlines int
}

func (c *tape) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes = append(c.writes, bytes.Clone(b))
	return len(b), nil
}

func (c *tape) SetWriteDeadline(time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadlines++
	return nil
}

func TestConn(t *testing.T) {
	under := &tape{}
	c := &Conn{Conn: under, buffers: &sync.Pool{}}
	say := func(text string) {
		t.Helper()
		if err := c.SetWriteDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	say("a")
	for range 2 {
		c.Cork()
		c.Cork()
		say("b")
		say("c")
		if err := c.Uncork(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Uncork(); err != nil {
		t.Fatal(err)
	}
	say("d")
	got := string(bytes.Join(under.writes, []byte("|")))
	if want := "a|bc|bc|d"; got != want {
		t.Errorf("writes: got %s, want %s", got, want)
	}
	if got, want := under.deadlines, 4; got != want {
		t.Errorf("deadlines: got %d, want %d", got, want)
	}
}

func TestConnHoldsBackLittle(t *testing.T) {
	under := &tape{}
	c := &Conn{Conn: under, buffers: &sync.Pool{}}
	c.Cork()
	for range 3 {
		if _, err := c.Write(make([]byte, maxHeld/2)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := len(under.writes), 1; got != want {
		t.Errorf("writes before Uncork: got %d, want %d", got, want)
	}
	if err := c.Uncork(); err != nil {
		t.Fatal(err)
	}
	if got, want := len(under.writes), 2; got != want {
		t.Errorf("writes: got %d, want %d", got, want)
	}
}

// A pong may come between the frames of a batch, never into one.
func TestConnConcurrently(t *testing.T) {
	under := &tape{}
	c := &Conn{Conn: under, buffers: &sync.Pool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 200 {
			c.Cork()
			_, _ = io.WriteString(c, "frame;")
			_, _ = io.WriteString(c, "frame;")
			_ = c.Uncork()
		}
	})
	for range 200 {
		_, _ = io.WriteString(c, "pong;")
		_ = c.SetWriteDeadline(time.Time{})
	}
	wg.Wait()
	all := bytes.Join(under.writes, nil)
	if got, want := bytes.Count(all, []byte("frame;")), 400; got != want {
		t.Errorf("frames: got %d, want %d", got, want)
	}
	if got, want := bytes.Count(all, []byte("pong;")), 200; got != want {
		t.Errorf("pongs: got %d, want %d", got, want)
	}
}
