package outcry

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/netpoll"
)

// fakeSocket is a netpoll.Socket in the test's hands: it takes what the test
// lets it take.
type fakeSocket struct {
	room            int // bytes it takes until it is full; negative: any number
	sends           [][]byte
	full            int // Sends that took less than they were offered
	want, paused    bool
	closed, aborted bool
	err             error
	onSend          func()
}

var _ netpoll.Socket = (*fakeSocket)(nil)

func (s *fakeSocket) Send(b []byte) (int, error) {
	if s.onSend != nil {
		s.onSend()
	}
	if s.err != nil {
		return 0, s.err
	}
	n := len(b)
	if s.room >= 0 {
		n = min(n, s.room)
		s.room -= n
	}
	if n > 0 {
		s.sends = append(s.sends, bytes.Clone(b[:n]))
	}
	if n < len(b) {
		s.full++
	}
	return n, nil
}

func (s *fakeSocket) PauseRead(paused bool) { s.paused = paused }
func (s *fakeSocket) WantWrite(on bool)     { s.want = on }

func (s *fakeSocket) Close(abort bool) {
	s.closed = true
	s.aborted = s.aborted || abort
}

// stream is everything that was sent.
func (s *fakeSocket) stream() []byte { return bytes.Join(s.sends, nil) }

// frames decodes what was sent; the stream must not end within a frame.
func (s *fakeSocket) frames(t testing.TB) []ws.Frame {
	t.Helper()
	var out []ws.Frame
	for r := bytes.NewReader(s.stream()); ; {
		f, err := ws.ReadFrame(r) //nolint:staticcheck // of our own server
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("frame %d of %q: %v", len(out), s.stream(), err)
		}
		out = append(out, f)
	}
}

// texts is frames for a test that expects only text messages.
func (s *fakeSocket) texts(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, f := range s.frames(t) {
		if f.Header.OpCode != ws.OpText {
			t.Fatalf("frame %+v", f)
		}
		out = append(out, string(f.Payload))
	}
	return out
}

// newBareLoop makes a node with one Loop that no goroutine runs: the test
// calls its parts.
func newBareLoop(t testing.TB, cfg Config) *loop {
	t.Helper()
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.start = time.Now().Add(-time.Second) // no test may rely on the clock being at zero
	l, err := newLoop(n, 0)
	if err != nil {
		t.Fatal(err)
	}
	n.loops, n.allLoops = []*loop{l}, 1
	n.running.Store(true)
	t.Cleanup(func() { _ = l.poll.Close() })
	return l
}

// attach makes a connected Conn of l over sock.
func attach(l *loop, sock *fakeSocket) *conn {
	c := &conn{loop: l, sock: sock, who: newSession("c", "test", Identity{}, l.node.start), state: StateConnected}
	l.table.add(c)
	c.times.received = mark(l.now)
	return c
}

// enter subscribes c without a word to the client.
func enter(c *conn, channel string) *topic {
	t := c.loop.topicFor(channel, isPattern(channel))
	c.begin(t)
	c.goLive(len(c.subs) - 1)
	return t
}

// publication makes one as a broker would deliver it.
func publication(channel, payload string) *Publication {
	p := NewPublication(channel, []byte(payload), false)
	p.pending.Store(1)
	return p
}

// text makes the frame of a text message.
func text(payload string) []byte { return encodePayload([]byte(payload)) }

// decode parses a message.
func decode(t testing.TB, payload string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(payload), &o); err != nil {
		t.Fatalf("message %q: %v", payload, err)
	}
	return o
}
