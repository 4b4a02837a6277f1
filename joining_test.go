package outcry

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// pong sends a ping and reads its answer, which must come next: nothing else
// was on its way.
func (c *client) pong() {
	c.t.Helper()
	c.send(`{"type":"ping"}`)
	c.want("pong")
}

// wantResult reads a subscription_result.
func (c *client) wantResult(channel string, success bool) object {
	c.t.Helper()
	o := c.want("subscription_result")
	if o.str("channel") != channel || o["success"] != success {
		c.t.Fatalf("got %v, want success %v for %q", o, success, channel)
	}
	return o
}

// toChannel publishes a small object and returns how many got it.
func (r *rig) toChannel(channel string, n int) int {
	r.t.Helper()
	_, rec, err := r.SendToChannel(r.t.Context(), Message{Channel: channel, Object: fmt.Appendf(nil, `{"type":"n","n":%d}`, n)})
	if err != nil {
		r.t.Fatal(err)
	}
	return rec.Sent
}

// wantEmpty checks that no Loop, nor the interest, nor the broker knows any
// channel.
func wantEmpty(t *testing.T, r *rig, b *slowBroker) {
	t.Helper()
	eventually(t, "no channel is left", func() bool {
		s, err := r.Stats(t.Context())
		return err == nil && s.Channels == 0 && s.Subscriptions == 0 && r.leftTopics() == 0
	})
	if left := b.joins(); len(left) != 0 {
		t.Errorf("joins less leaves: %v, want none", left)
	}
}

// leftTopics counts the topics of all Loops that are not internal, and those
// who wait for the broker.
func (r *rig) leftTopics() int {
	total := 0
	parts, err := ask(r.t.Context(), r.Node, func(l *loop) int {
		n := len(l.hub.joiners)
		for name := range l.hub.topics {
			if !internal(name) {
				n++
			}
		}
		return n
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range parts {
		total += n
	}
	return total
}

// While a subscription waits for the broker later commands of the same client
// wait behind it, in order; a ping is answered at once, and nobody else waits.
func TestJoiningHoldsCommands(t *testing.T) {
	cfg, b := slowly()
	r := start(t, cfg)
	c, other := r.connect("/ws/c"), r.connect("/ws/other")
	c.send(`{"type":"subscribe","channel":"a","id":1}`)
	c.send(`{"type":"publish","channel":"a","data":"early","id":2}`)
	c.send(`{"type":"subscribe","channel":"b","id":3}`)
	c.send(`{"type":"unsubscribe","channel":"a","id":4}`)
	c.send(`{"type":"subscriptions","id":5}`)
	confirm := b.next(t, "a")
	c.pong()
	other.send(`{"type":"subscriptions"}`)
	other.want("subscriptions_result")
	if n := r.toChannel("a", 1); n != 0 {
		t.Errorf("a publication reached %d clients before the join was confirmed", n)
	}
	confirm(nil)
	c.wantResult("a", true)
	// The publication arrives here, beside its own result.
	got := map[string]object{}
	for range 2 {
		o := c.message()
		got[o.str("type")] = o
	}
	if got["publish_result"]["id"] != 2.0 || got["message"]["data"] != "early" {
		t.Fatalf("after the confirmed join: %v", got)
	}
	b.next(t, "b")(nil)
	c.wantResult("b", true)
	if o := c.want("unsubscription_result"); o["id"] != 4.0 {
		t.Fatal(o)
	}
	if o := c.want("subscriptions_result"); !cmp.Equal(o["channels"], []any{"b"}) {
		t.Fatal(o)
	}
	c.conn.Close()
	wantEmpty(t, r, b)
}

// A join that fails is told as the error allows, and leaves nothing behind: the
// next subscribe asks the broker anew.
func TestJoinFails(t *testing.T) {
	cfg, b := slowly()
	r := start(t, cfg)
	c := r.connect("/ws/c")
	for _, tt := range []struct {
		err     error
		code    string
		message string
	}{
		{ErrUnavailable, "unavailable", "temporarily unavailable, try again"},
		{fmt.Errorf("redis: %w", ErrUnavailable), "unavailable", "temporarily unavailable, try again"},
		{protocol.Errorf(protocol.CodeForbidden, "not here"), "forbidden", "not here"},
		{errors.New("secret address refused"), "internal", "internal error"},
	} {
		c.send(`{"type":"subscribe","channel":"a"}`)
		b.next(t, "a")(tt.err)
		if o := c.wantResult("a", false); o.str("code") != tt.code || o.str("message") != tt.message {
			t.Errorf("%v: got %v", tt.err, o)
		}
		wantEmpty(t, r, b)
	}
	c.send(`{"type":"subscribe","channel":"a"}`)
	b.next(t, "a")(nil)
	c.wantResult("a", true)
	if n := r.toChannel("a", 1); n != 1 {
		t.Errorf("reached %d clients, want 1", n)
	}
}

// Who else waits for the same channel is told as well, one Join serves all,
// and the result counts for those that are still there.
func TestJoiningTogether(t *testing.T) {
	cfg, b := slowly()
	r := start(t, cfg)
	first, second, gone := r.connect("/ws/1"), r.connect("/ws/2"), r.connect("/ws/3")
	for _, c := range []*client{first, second, gone} {
		c.send(`{"type":"subscribe","channel":"a"}`)
		c.pong()
	}
	confirm := b.next(t, "a")
	if n := b.joins()["a"]; n != 1 {
		t.Fatalf("%d joins by one Loop", n)
	}
	gone.conn.Close()
	eventually(t, "the third client is gone", func() bool { _, err := r.Client(t.Context(), "3"); return err != nil })
	confirm(nil)
	confirm(nil) // by a broker that does not count: harmless
	first.wantResult("a", true)
	second.wantResult("a", true)
	if n := r.toChannel("a", 1); n != 2 {
		t.Errorf("reached %d clients, want 2", n)
	}
	first.conn.Close()
	second.conn.Close()
	wantEmpty(t, r, b)
}

// A client that subscribes again as soon as a join has failed, while others
// still hear of the failure, asks the broker anew.
func TestJoinFailsTogether(t *testing.T) {
	cfg, b := slowly()
	r := start(t, cfg)
	first, second := r.connect("/ws/1"), r.connect("/ws/2")
	for _, c := range []*client{first, second} {
		c.send(`{"type":"subscribe","channel":"a"}`)
		c.send(`{"type":"subscribe","channel":"a"}`)
		c.pong()
	}
	b.next(t, "a")(ErrUnavailable)
	first.wantResult("a", false)
	second.wantResult("a", false)
	b.next(t, "a")(nil)
	first.wantResult("a", true)
	second.wantResult("a", true)
	if n := r.toChannel("a", 1); n != 2 {
		t.Errorf("reached %d clients, want 2", n)
	}
	first.conn.Close()
	second.conn.Close()
	wantEmpty(t, r, b)
}

// A client that goes while it joins is forgotten; the late result finds
// nobody, be it good or bad.
func TestJoiningClientGoes(t *testing.T) {
	for name, result := range map[string]error{"joined": nil, "failed": ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			cfg, b := slowly()
			r := start(t, cfg)
			c := r.connect("/ws/c")
			c.send(`{"type":"subscribe","channels":["a","b"]}`)
			a, bb := b.next(t, "a"), b.next(t, "b")
			a(result)
			c.conn.Close()
			eventually(t, "the client is gone", func() bool { return r.active.Load() == 0 })
			bb(result)
			wantEmpty(t, r, b)
		})
	}
}

// Case 28: the result of a join that was given up must not be taken for that
// of its successor, nor end it.
func TestJoinGenerations(t *testing.T) {
	for name, stale := range map[string]error{"joined": nil, "failed": ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			cfg, b := slowly()
			r := start(t, cfg)
			c := r.connect("/ws/c")
			c.send(`{"type":"subscribe","channel":"a","id":"old"}`)
			old := b.next(t, "a")
			if err := r.Unsubscribe(t.Context(), "c", "a"); err != nil {
				t.Fatal(err)
			}
			// It is answered at once: a broker need not come back to what was left.
			if o := c.wantResult("a", false); o.str("code") != "conflict" || o.str("id") != "old" {
				t.Fatalf("the given-up subscription was answered with %v", o)
			}
			c.want("subscription_lost")
			done := make(chan error, 1)
			go func() { done <- r.Subscribe(t.Context(), "c", "a") }()
			fresh := b.next(t, "a")
			old(stale)
			if n := r.toChannel("a", 1); n != 0 {
				t.Fatalf("the stale result made the fresh subscription live")
			}
			fresh(nil)
			c.wantResult("a", true)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if n := r.toChannel("a", 2); n != 1 {
				t.Fatalf("reached %d clients, want 1", n)
			}
			if o := c.want("n"); o["n"] != 2.0 {
				t.Fatal(o)
			}
			c.conn.Close()
			wantEmpty(t, r, b)
		})
	}
}

// The server's Subscribe waits for the broker too, and a second one while the
// first is under way has the same outcome.
func TestJoiningServerSide(t *testing.T) {
	cfg, b := slowly()
	r := start(t, cfg)
	c := r.connect("/ws/c")
	for _, result := range []error{ErrUnavailable, nil} {
		done := make(chan error, 2)
		go func() { done <- r.Subscribe(t.Context(), "c", "a") }()
		confirm := b.next(t, "a")
		go func() { done <- r.Subscribe(t.Context(), "c", "a") }()
		eventually(t, "both wait", func() bool { return r.waitingJoiners("a") == 2 })
		confirm(result)
		for range 2 {
			var e *Error
			switch err := <-done; {
			case result == nil && err != nil:
				t.Errorf("Subscribe: %v", err)
			case result != nil && (!errors.As(err, &e) || e.Code != protocol.CodeUnavailable):
				t.Errorf("Subscribe while the broker is down: %v, want code unavailable", err)
			}
			c.wantResult("a", result == nil)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Subscribe(ctx, "c", "b") }()
	b.next(t, "b")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe whose context ended: %v", err)
	}
}

// waitingJoiners counts who waits for the broker to join a channel.
func (r *rig) waitingJoiners(channel string) int {
	parts, err := ask(r.t.Context(), r.Node, func(l *loop) int { return len(l.hub.joiners[l.hub.topics[channel]]) })
	if err != nil {
		r.t.Fatal(err)
	}
	n := 0
	for _, p := range parts {
		n += p
	}
	return n
}

// A broker that panics in Join costs the connection that asked, whoever asked
// for it, and leaves the channel usable.
func TestJoinPanics(t *testing.T) {
	for name, subscribe := range map[string]func(r *rig, c *client){
		"client": func(_ *rig, c *client) { c.send(`{"type":"subscribe","channel":"a"}`) },
		"server": func(r *rig, _ *client) { _ = r.Subscribe(r.t.Context(), "c", "a") },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, b := slowly()
			var failing atomic.Bool
			failing.Store(true)
			b.onJoin = func(string) {
				if failing.Load() {
					panic("join")
				}
			}
			r := start(t, cfg)
			c, other := r.connect("/ws/c"), r.connect("/ws/other")
			subscribe(r, c)
			c.wantClose(1011)
			other.pong()
			failing.Store(false)
			other.send(`{"type":"subscribe","channel":"a"}`)
			b.next(t, "a")(nil)
			other.wantResult("a", true)
			if n := r.toChannel("a", 1); n != 1 {
				t.Errorf("reached %d clients, want 1", n)
			}
			other.conn.Close()
			wantEmpty(t, r, b)
			if s, err := r.Stats(t.Context()); err != nil || s.Panics != 1 {
				t.Errorf("panics %d, %v; want 1", s.Panics, err)
			}
		})
	}
}

// A broker may confirm before Join has returned.
func TestJoinConfirmedAtOnce(t *testing.T) {
	cfg, b := slowly()
	b.prompt = true
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channels":["a","b"]}`)
	c.wantResult("a", true)
	c.wantResult("b", true)
	c.subscribe("c.*") // patterns need no join
	if got := b.joins(); !cmp.Equal(got, map[string]int{"a": 1, "b": 1}) {
		t.Errorf("joins %v", got)
	}
	c.conn.Close()
	wantEmpty(t, r, b)
}

// The channels of an identity are joined after the greeting.
func TestJoiningOnConnect(t *testing.T) {
	b := newSlowBroker()
	cfg := Config{Broker: b, Access: Access{Authenticator: authFunc(func(context.Context, string) (Identity, error) {
		return Identity{UserID: "u", Channels: []string{"a", "@bad"}}, nil
	})}}
	r := start(t, cfg)
	c := r.connect("/ws/c?token=t")
	c.send(`{"type":"subscriptions"}`)
	c.wantResult("@bad", false)
	b.next(t, "a")(nil)
	c.wantResult("a", true)
	if o := c.want("subscriptions_result"); !cmp.Equal(o["channels"], []any{"a"}) {
		t.Fatal(o)
	}
}
