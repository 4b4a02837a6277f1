//go:build !race

package outcry

import (
	"fmt"
	"testing"
)

// The race detector makes code allocate that otherwise does not, so that these
// counts hold without it only.

// tapSocket takes everything and keeps nothing.
type tapSocket struct {
	fakeSocket
	taken int
}

func (s *tapSocket) Send(b []byte) (int, error) { s.taken += len(b); return len(b), nil }

func TestQueueAppendAllocs(t *testing.T) {
	l := newBareLoop(t, Config{Timing: Timing{FlushWindow: -1}})
	sock := &tapSocket{}
	c := attach(l, &fakeSocket{})
	c.sock = sock
	e := entry{frame: text(`{"type":"quote"}`)}
	round := func() {
		for _, ln := range []lane{laneHigh, laneNormal, laneLow, laneNormal} {
			if !c.publish(e, ln, OverflowGap) {
				t.Error("not queued")
			}
		}
		l.tick()
		l.flushAll()
	}
	round()
	if n := testing.AllocsPerRun(1000, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if sock.taken == 0 || c.out != nil {
		t.Errorf("%d bytes sent, outbox %v", sock.taken, c.out)
	}
}

// A full queue loses the oldest for the newest without allocating.
func TestDropAllocs(t *testing.T) {
	l := newBareLoop(t, Config{})
	sock := &fakeSocket{room: 0}
	c := attach(l, sock)
	a := enter(c, "a")
	e := entry{frame: text(`{"type":"quote"}`), topic: a}
	c.publish(e, laneNormal, OverflowGap)
	l.flushAll()
	c.exhaustGrace()
	for range 399 {
		c.publish(e, laneNormal, OverflowGap)
	}
	if n := testing.AllocsPerRun(1000, func() { c.publish(e, laneNormal, OverflowGap) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if c.out.count != 100 || l.count.dropped != 1301 {
		t.Errorf("%d wait, %d dropped", c.out.count, l.count.dropped)
	}
}

func TestFanOutAllocs(t *testing.T) {
	for _, pattern := range []bool{false, true} {
		t.Run(fmt.Sprintf("pattern=%v", pattern), func(t *testing.T) {
			l := newBareLoop(t, Config{Timing: Timing{FlushWindow: -1}})
			socks := make([]*tapSocket, 200)
			for i := range socks {
				socks[i] = &tapSocket{}
				c := attach(l, &fakeSocket{})
				c.sock = socks[i]
				enter(c, "quotes.a")
				if pattern {
					enter(c, "quotes.*")
				}
			}
			p := publication("quotes.a", `{"type":"quote"}`)
			round := func() {
				p.pending.Store(1)
				l.inbox.publish(p)
				l.tick()
				l.runPublications()
				l.flushAll()
			}
			round()
			if n := testing.AllocsPerRun(100, round); n != 0 {
				t.Errorf("%v allocations for %d subscribers", n, len(socks))
			}
			for i, s := range socks {
				if want := 102 * len(p.frame); s.taken != want {
					t.Fatalf("subscriber %d got %d bytes, want %d", i, s.taken, want)
				}
			}
		})
	}
}
