package outcry

import (
	"fmt"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/internal/netpoll"
)

// busyPoller stands for clients that are never idle: there is always another
// command.
type busyPoller struct {
	netpoll.Poller
	conns []*conn
	next  int
}

func (p *busyPoller) Wait(_ time.Time, handle func(netpoll.Event)) {
	for range netpoll.MaxEvents {
		c := p.conns[p.next%len(p.conns)]
		p.next++
		handle(netpoll.Event{Token: c.token(), Kind: netpoll.Readable, Data: masked(fin|0x1, `{"type":"ping"}`)})
	}
}

// newBusyLoop makes a Loop of clients that send commands faster than answers
// can be written.
func newBusyLoop(t *testing.T, clients int) (*loop, *busyPoller) {
	t.Helper()
	l := newBareLoop(t, Config{})
	p := &busyPoller{Poller: l.poll}
	l.poll = p
	for range clients {
		s := &fakeSocket{room: -1}
		s.onSend = func() {
			for began := time.Now(); time.Since(began) < 20*time.Microsecond; {
				continue
			}
			s.sends = s.sends[:0]
		}
		p.conns = append(p.conns, attach(l, s))
	}
	return l, p
}

// Clients that always have another command keep neither publications nor
// timers waiting, nor each other's answers.
func TestBusyClients(t *testing.T) {
	l, p := newBusyLoop(t, 600)
	reader := attach(l, &fakeSocket{room: -1})
	enter(reader, "x")
	idle := attach(l, &fakeSocket{room: -1})
	idle.times.pinged = mark(l.now) // and will not answer
	l.wheel.set(idle, l.now)
	l.node.limits.pingTimeout = 30

	pub := publication("x", `{"type":"quote"}`)
	finished := false
	pub.done = func(*Publication) { finished = true }
	l.inbox.publish(pub)
	turns := 0
	for began := time.Now(); time.Since(began) < patience; turns++ {
		l.turn()
		if finished && reader.out == nil && idle.state == StateDisconnected && p.next > 20*len(p.conns) {
			break
		}
	}
	if got := reader.sock.(*fakeSocket).texts(t); len(got) != 1 {
		t.Errorf("the subscriber got %d messages in %d turns", len(got), turns)
	}
	if idle.state != StateDisconnected {
		t.Errorf("no timer came by in %d turns", turns)
	}
	for i, c := range p.conns {
		if c.times.flushed == 0 {
			t.Fatalf("client %d of %d got no answer to %d commands", i, len(p.conns), p.next)
		}
	}
}

// A reply does not wait until a broadcast is written to others.
func TestReplyDuringBroadcast(t *testing.T) {
	l := newBareLoop(t, Config{})
	order := []string(nil)
	add := func(name string) *conn {
		s := &fakeSocket{room: -1}
		s.onSend = func() { order = append(order, name) }
		c := attach(l, s)
		enter(c, "x")
		return c
	}
	for i := range 100 {
		add(fmt.Sprint(i))
	}
	asker := add("asker")
	l.deliver(publication("x", `{"type":"quote"}`))
	asker.command([]byte(`{"type":"ping"}`))
	l.flushAll()
	if len(order) != 101 || order[0] != "asker" {
		t.Errorf("order of %d sends: %v", len(order), order)
	}
}
