package outcry

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outcry-dev/outcry/protocol"
)

// wantPanics checks the counter.
func wantPanics(t *testing.T, r *rig, want uint64) {
	t.Helper()
	eventually(t, "panics are counted", func() bool {
		s, err := r.Stats(t.Context())
		return err == nil && s.Panics == want
	})
}

// Case 29: a panic in a handler or hook costs the message it was called for,
// is answered with the message's id, counted and logged with its stack; the
// connection and everybody else go on.
func TestHandlerPanics(t *testing.T) {
	cfg := open()
	cfg.Hooks = Hooks{
		OnSubscribe: func(_ context.Context, _ Client, channel string) error {
			if channel == "boom" {
				panic("OnSubscribe")
			}
			return nil
		},
		OnUnsubscribe: func(context.Context, Client, string) { panic("OnUnsubscribe") },
		OnPublish: func(_ context.Context, _ Client, m *Message) error {
			if m.Event == "boom" {
				panic(errors.New("OnPublish"))
			}
			return nil
		},
		OnNotificationAck: func(context.Context, Client, string) { panic("OnNotificationAck") },
	}
	r := start(t, cfg, func(n *Node) {
		n.Handle("boom", func(context.Context, *Request) error { panic("handler with secret-token") })
		n.Handle("nil", func(_ context.Context, req *Request) error { var nobody *Request; return req.Reply(nobody.Type) })
	})
	c := r.connect("/ws/c")
	for i, command := range []string{
		`"type":"boom"`, `"type":"nil"`, `"type":"subscribe","channels":["a","boom"]`,
		`"type":"publish","channel":"a","data":1,"event":"boom"`, `"type":"notification_ack","notification_id":1`,
	} {
		c.send(`{%s,"id":"p%d"}`, command, i)
		if o := c.want("error"); o.str("code") != "internal" || o.str("message") != "internal error" || o["id"] == nil {
			t.Errorf("%s: %v", command, o)
		}
		wantPanics(t, r, uint64(i+1))
		c.pong()
	}
	c.subscribe("a")
	c.send(`{"type":"unsubscribe","channel":"a"}`)
	c.want("unsubscription_result")
	c.want("error")
	wantPanics(t, r, 6)
	c.subscribe("a")
	if n := r.toChannel("a", 1); n != 1 {
		t.Errorf("after the panics a message reached %d", n)
	}
	eventually(t, "the panics are in the log", func() bool {
		log := r.logs.String()
		return strings.Count(log, "panic recovered") == 6 && strings.Contains(log, "OnPublish") && strings.Contains(log, "panic_test.go")
	})
}

// A panic in OnDisconnect, the last of a connection's hooks, is counted too.
func TestOnDisconnectPanics(t *testing.T) {
	cfg := open()
	cfg.Hooks.OnDisconnect = func(context.Context, Client, protocol.CloseCode, string) { panic("OnDisconnect") }
	r := start(t, cfg)
	control := r.connect("/ws/control")
	before := measure(r)
	r.connect("/ws/c").conn.Close()
	settled(t, r, control, before)
	wantPanics(t, r, 1)
}

// failing is a Broker and Presence that panic where they are told to.
type failing struct {
	*memoryBroker
	*memoryPresence
	at atomic.Value // name of the method
}

func newFailing() *failing {
	f := &failing{memoryBroker: newMemoryBroker(), memoryPresence: newMemoryPresence()}
	f.at.Store("")
	return f
}

func (f *failing) trip(method string) {
	if f.at.Load() == method {
		panic(method)
	}
}

// brokenBroker is the Broker half of failing.
type brokenBroker struct{ *failing }

func (b brokenBroker) Publish(ctx context.Context, p *Publication) (Ack, error) {
	b.trip("Publish")
	ack, err := b.memoryBroker.Publish(ctx, p)
	b.trip("Published")
	if b.at.Load() == "refuse" {
		return ack, ErrUnavailable
	}
	return ack, err
}

func (b brokenBroker) Join(channel string, ready func(error)) bool {
	return b.memoryBroker.Join(channel, ready)
}

func (b brokenBroker) Leave(channel string) {
	b.trip("Leave")
	b.memoryBroker.Leave(channel)
}

// brokenPresence is the Presence half of failing.
type brokenPresence struct{ *failing }

func (p brokenPresence) Join(channel string, m Member) {
	p.trip("PresenceJoin")
	p.memoryPresence.Join(channel, m)
}

func (p brokenPresence) Leave(channel string, m Member) {
	p.memoryPresence.Leave(channel, m)
	p.trip("PresenceLeave")
}

func (p brokenPresence) Members(ctx context.Context, channel string) ([]Member, error) {
	p.trip("Members")
	return p.memoryPresence.Members(ctx, channel)
}

// brittle is open on one Loop over twins that fail on demand.
func brittle() (Config, *failing) {
	f, cfg := newFailing(), open()
	cfg.Broker, cfg.Presence, cfg.Loops = brokenBroker{f}, brokenPresence{f}, 1
	return cfg, f
}

// Case 29: a Broker or Presence that panics on an executor costs one message,
// and the room that a publication had taken comes back.
func TestTwinPanicsOnExecutor(t *testing.T) {
	cfg, f := brittle()
	cfg.Queue.InFlight = 3
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.subscribe("a")
	for _, tt := range []struct{ at, command string }{
		{"Publish", `"type":"publish","channel":"a","data":1`},
		{"Published", `"type":"publish","channel":"a","data":1`},
		{"Publish", `"type":"chat_message","channel":"a","message":"m"`},
		{"Members", `"type":"presence","channel":"a"`},
	} {
		for range 5 { // more than Queue.InFlight
			f.at.Store(tt.at)
			c.send(`{%s,"id":1}`, tt.command)
			for o := c.message(); o.str("type") != "error"; o = c.message() {
				if o.str("type") != "message" {
					t.Fatalf("panic at %s: %v", tt.at, o)
				}
			}
			f.at.Store("")
		}
	}
	eventually(t, "nothing is in flight", func() bool { s, err := r.Stats(t.Context()); return err == nil && s.InFlight == 0 })
	f.at.Store("refuse")
	for range 5 {
		if _, err := r.Publish(t.Context(), Message{Channel: "a", Data: []byte(`1`)}); !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
	}
	f.at.Store("")
	for range 5 {
		r.toChannel("b", 1)
	}
	wantPanics(t, r, 20)
}

// Case 29: a Broker or Presence that panics on the Loop costs the connection
// for which it was called, with 1011 where a Close frame can still be sent;
// its Loop, its other connections and the books go on.
func TestTwinPanicsOnLoop(t *testing.T) {
	for _, tt := range []struct {
		at   string
		act  func(c *client)
		code uint16
	}{
		{"PresenceJoin", func(c *client) { c.send(`{"type":"subscribe","channel":"b"}`) }, 1011},
		{"PresenceLeave", func(c *client) { c.send(`{"type":"unsubscribe","channel":"a"}`) }, 1011},
		{"Leave", func(c *client) { c.send(`{"type":"unsubscribe","channel":"a"}`) }, 1011},
		{"PresenceLeave", func(c *client) { c.conn.Close() }, 0},
		{"Leave", func(c *client) { c.conn.Close() }, 0},
		{"Leave", func(c *client) { c.frame(8, []byte{3, 232}) }, 1000},
	} {
		t.Run(tt.at, func(t *testing.T) {
			cfg, f := brittle()
			var told atomic.Int64
			cfg.Hooks.OnDisconnect = func(context.Context, Client, protocol.CloseCode, string) { told.Add(1) }
			r := start(t, cfg)
			control := r.connect("/ws/control")
			control.subscribe("q")
			before := measure(r)
			c := r.connect("/ws/c")
			c.subscribe("a")
			f.at.Store(tt.at)
			tt.act(c)
			if tt.code != 0 {
				c.wantClose(tt.code)
			}
			c.conn.Close()
			eventually(t, "the client is gone", func() bool { return r.active.Load() == 1 })
			f.at.Store("")
			settled(t, r, control, before)
			if s, _ := r.Stats(t.Context()); s.Channels != 1 || s.Panics == 0 {
				t.Errorf("stats %+v", s)
			}
			eventually(t, "OnDisconnect", func() bool { return told.Load() == 1 })
			if n := r.toChannel("q", 1); n != 1 {
				t.Errorf("the control client got %d", n)
			}
		})
	}
}

// Case 29: a panic outside of every connection's events closes the Loop's
// connections with 1012. The Loop begins anew, empty, others never notice, and
// what waited in its inbox is still done.
func TestLoopPanics(t *testing.T) {
	for name, at := range map[string]string{"alone": "", "with a broker that panics too": "Leave", "with a presence that panics too": "PresenceLeave"} {
		t.Run(name, func(t *testing.T) {
			cfg, f := brittle()
			cfg.Loops = 2
			r := start(t, cfg)
			a, b := r.connect("/ws/a"), r.connect("/ws/b")
			for _, c := range []*client{a, b} {
				c.subscribe("x")
				c.subscribe("x.*")
			}
			f.at.Store(at)
			l, done := r.ids.find("a").loop, make(chan struct{})
			l.inbox.post(func(*loop) { panic("loop") })
			l.inbox.post(func(*loop) { close(done) })
			if at == "" {
				a.wantClose(1012)
			}
			<-done
			f.at.Store("")
			b.pong()
			if n := r.toChannel("x", 1); n != 1 {
				t.Errorf("%d clients were reached, want that of the other Loop", n)
			}
			b.want("n")
			b.conn.Close()
			eventually(t, "everything is gone", func() bool {
				s, err := r.Stats(t.Context())
				return err == nil && s.Channels == 0 && s.ActiveConnections == 0 && s.InFlight == 0 && r.leftTopics() == 0 && r.interest.patterns.Load() == 0
			})
			for range 2 { // one on each Loop
				c := r.connect("/ws")
				c.subscribe("x.*")
			}
			if n := r.toChannel("x.y", 1); n != 2 {
				t.Errorf("%d clients were reached after the restart, want 2", n)
			}
		})
	}
}
