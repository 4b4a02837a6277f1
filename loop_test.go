package outcry

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/protocol"
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
		if c.times.window == 0 {
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

// brittleSocket panics in some of its Sends.
type brittleSocket struct {
	fakeSocket
	panics int // so many times
}

func (s *brittleSocket) Send(b []byte) (int, error) {
	if s.panics > 0 {
		s.panics--
		panic("send")
	}
	return s.fakeSocket.Send(b)
}

// Case 29: a panic while one Conn is written to, or its timer comes by, costs
// that Conn: with 1011 if it can still be sent, else by cutting it off.
func TestConnPanics(t *testing.T) {
	for name, tc := range map[string]struct {
		panics int
		cause  func(l *loop, c *conn)
		cut    bool
	}{
		"writing": {1, func(l *loop, _ *conn) {
			l.deliver(publication("x", `{"n":1}`))
			l.flushAll()
		}, false},
		"writing the Close frame, too": {2, func(l *loop, _ *conn) {
			l.deliver(publication("x", `{"n":1}`))
			l.flushAll()
		}, true},
		"receiving": {0, func(l *loop, c *conn) {
			l.node.routes["boom"] = route{now: func(*conn, *protocol.Command) { panic("boom") }}
			l.onEvent(netpoll.Event{Token: c.token(), Kind: netpoll.Readable, Data: masked(fin|0x1, `{"type":"boom"}`)})
			l.deliver(publication("x", `{"n":1}`))
			l.flushAll()
		}, false},
		"timer": {1, func(l *loop, c *conn) {
			c.times.pinged = mark(l.now - 60_000)
			l.wheel.set(c, l.now)
			l.wheel.advance(l.now+wheelTick, l.fire) // ping_timeout: the Close frame cannot be sent
			l.deliver(publication("x", `{"n":1}`))
			l.flushAll()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newBareLoop(t, Config{})
			bad, good := &brittleSocket{fakeSocket: fakeSocket{room: -1}, panics: tc.panics}, &fakeSocket{room: -1}
			b, g := attach(l, &bad.fakeSocket), attach(l, good)
			b.sock = bad
			enter(b, "x")
			enter(g, "x")
			tc.cause(l, b)
			if b.state != StateDisconnected || !bad.closed || bad.aborted != tc.cut || len(b.subs) != 0 || b.timer.set {
				t.Errorf("state %v, closed %v, cut %v, %d subscriptions, timer %v", b.state, bad.closed, bad.aborted, len(b.subs), b.timer.set)
			}
			if frames := bad.frames(t); tc.cut != (len(frames) == 0) {
				t.Errorf("frames %v", frames)
			} else if !tc.cut {
				if code, _ := ws.ParseCloseFrameData(frames[0].Payload); code != 1011 {
					t.Errorf("close %d", code)
				}
			}
			if got := good.texts(t); len(got) != 1 || g.state != StateConnected {
				t.Errorf("the other got %v, state %v", got, g.state)
			}
			if l.table.live != 1 || l.count.panics == 0 || len(l.hub.topics["x"].members) != 1 {
				t.Errorf("%d live, %d panics", l.table.live, l.count.panics)
			}
		})
	}
}

// Case 29: after a panic outside of the Conns' events, publications that were
// taken with the one that caused it still give their credits back, and tasks
// are still run.
func TestPanicLeavesNothingBehind(t *testing.T) {
	l := newBareLoop(t, Config{})
	sock := &fakeSocket{room: -1}
	attach(l, sock)
	done := make(chan string, 10)
	for _, channel := range []string{"a", "boom", "b", "c"} {
		p := publication(channel, `{}`)
		p.done = func(p *Publication) { done <- p.Channel }
		l.inbox.publish(p)
	}
	l.inbox.post(func(*loop) { done <- "task 1" })
	l.inbox.post(func(*loop) { panic("task 2") })
	l.inbox.post(func(l *loop) { l.hub.topics["boom"] = &topic{name: "boom"} }) // without a rule: delivering panics
	l.inbox.post(func(*loop) { done <- "task 4" })
	ended := make(chan struct{})
	go func() { defer close(ended); l.run() }()
	var got []string
	for range 6 {
		select {
		case what := <-done:
			got = append(got, what)
		case <-time.After(patience):
			t.Fatalf("only %v happened", got)
		}
	}
	l.inbox.post(func(l *loop) { l.ended = true })
	<-ended
	if diff := cmp.Diff([]string{"task 1", "task 4", "a", "boom", "b", "c"}, got); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
	frames := sock.frames(t)
	if len(frames) != 1 || !sock.closed || l.table.live != 0 || l.count.panics != 2 {
		t.Fatalf("frames %v, closed %v, %d live, %d panics", frames, sock.closed, l.table.live, l.count.panics)
	}
	if code, _ := ws.ParseCloseFrameData(frames[0].Payload); code != 1012 {
		t.Errorf("close %d", code)
	}
}

// A client that is disconnected while it is being upgraded does not come to
// life afterwards.
func TestDisconnectedBeforeAdmission(t *testing.T) {
	l := newBareLoop(t, Config{})
	c := &conn{loop: l, who: newSession("early", "test", Identity{}, l.node.start)}
	c.flags = flagReserved | flagRegistered
	l.node.active.Add(1)
	l.node.ids.reserve("early", c)
	c.closeAfterFlush(protocol.CloseNormal, "")
	ours, theirs := net.Pipe()
	l.admit(c, theirs, masked(fin|0x1, `{"type":"ping"}`))
	_ = ours.SetReadDeadline(time.Now().Add(patience))
	if n, err := ours.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes", n)
	}
	if c.state != StateDisconnected || l.table.live != 0 || l.node.active.Load() != 0 || l.node.ids.find("early") != nil {
		t.Errorf("state %v, %d live, %d active", c.state, l.table.live, l.node.active.Load())
	}
}
