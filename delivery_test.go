package outcry

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Patterns deliver the real channel; however many ways lead to a client, it
// gets one copy.
func TestPatternDelivery(t *testing.T) {
	r := start(t, open())
	for _, tt := range []struct {
		subscriptions []string
		hears, misses []string
	}{
		{[]string{"p.*"}, []string{"p.a", "p.-"}, []string{"p", "p.a.b", "q.a"}},
		{[]string{"p.>"}, []string{"p.a", "p.a.b"}, []string{"p", "q.p"}},
		{[]string{">"}, []string{"p", "p.a", "x.y.z"}, nil},
		{[]string{"*"}, []string{"p"}, []string{"p.a"}},
		{[]string{"*.*.c"}, []string{"a.b.c"}, []string{"a.c", "a.b.d"}},
		{[]string{"p.a", "p.*", "p.>", ">", "*.a"}, []string{"p.a", "p.b", "other"}, nil},
		{[]string{"p.a", "p.b"}, []string{"p.a", "p.b"}, []string{"p.c"}},
	} {
		t.Run(strings.Join(tt.subscriptions, " "), func(t *testing.T) {
			r.t = t
			c := r.connect("/ws")
			for _, s := range tt.subscriptions {
				c.subscribe(s)
			}
			for i, channel := range tt.hears {
				if n := r.toChannel(channel, i); n != 1 {
					t.Errorf("%q was queued %d times", channel, n)
				}
				if o := c.want("n"); o.str("channel") != channel || o["n"] != float64(i) {
					t.Errorf("got %v, want n %d on %q", o, i, channel)
				}
			}
			for _, channel := range tt.misses {
				if n := r.toChannel(channel, 0); n != 0 {
					t.Errorf("%q was queued %d times, want none", channel, n)
				}
			}
			c.pong()
			c.conn.Close()
			eventually(t, "the client is gone", func() bool { return r.active.Load() == 0 })
		})
	}
}

// A client that leaves one of two ways to a channel loses nothing of what
// waits: it is still subscribed the other way. With the last way it goes.
func TestOverlapUnsubscribe(t *testing.T) {
	for _, tt := range []struct{ ways, leave []string }{
		{[]string{"a.b", "a.*"}, []string{"a.b", "a.*"}},
		{[]string{"a.b", "a.*"}, []string{"a.*", "a.b"}},
		{[]string{"a.*", "a.>", ">"}, []string{"a.*", "a.>", ">"}},
		{[]string{"a.*", "a.>", ">"}, []string{">", "a.>", "a.*"}},
		{[]string{"a.>", "a.b", "*.b"}, []string{"a.b", "a.>", "*.b"}},
	} {
		t.Run(strings.Join(tt.ways, " ")+" less "+strings.Join(tt.leave, " "), func(t *testing.T) {
			l := newBareLoop(t, open())
			c := attach(l, &fakeSocket{})
			for _, name := range append(tt.ways, "other.*", "q") {
				enter(c, name)
			}
			c.flush()
			for range 3 {
				l.node.fanOut(publication("a.b", `{"ch":"a.b"}`))
			}
			l.node.fanOut(publication("q", `{"ch":"q"}`))
			l.runPublications()
			for i, name := range tt.leave {
				if got, want := c.out.count, 4; got != want {
					t.Fatalf("%d messages wait before %q is left, want %d", got, name, want)
				}
				c.unsubscribe(name)
				if i < len(tt.leave)-1 && c.out.bytes != 3*len(text(`{"ch":"a.b"}`))+len(text(`{"ch":"q"}`)) {
					t.Fatalf("%d bytes wait", c.out.bytes)
				}
			}
			if got := c.out.count; got != 1 {
				t.Fatalf("%d messages wait after the last way was left, want that of q", got)
			}
		})
	}
}

// What was dropped of a channel is told even if the client leaves it before it
// reads on, and before the answer to that.
func TestGapBeforeUnsubscribe(t *testing.T) {
	cfg := open()
	cfg.Queue.Messages = 2
	l, sock := newBareLoop(t, cfg), &fakeSocket{}
	c := attach(l, sock)
	enter(c, "a")
	l.node.fanOut(publication("a", `{"type":"n"}`))
	l.runPublications()
	l.flushAll()
	c.out.blocked = mark(c.out.blocked - 2*busyGrace) // it refuses, it is not just busy
	for range 4 {
		l.node.fanOut(publication("a", `{"type":"n"}`))
	}
	l.runPublications()
	c.command([]byte(`{"type":"unsubscribe","channel":"a"}`))
	sock.room = -1
	c.writable()
	var got []string
	for _, m := range sock.texts(t) {
		o := decode(t, m)
		got = append(got, fmt.Sprint(o["type"], o["lost"]))
	}
	if want := []string{"gap3", "unsubscription_result<nil>"}; !cmp.Equal(got, want) {
		t.Fatalf("sent %q, want %q", got, want)
	}
	if c.out != nil {
		t.Fatalf("left in the outbox: %+v", c.out)
	}
}

// stream publishes numbers to a channel until its context ends, and says how
// many there were.
func (r *rig) stream(ctx context.Context, wg *sync.WaitGroup, channel string) {
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			m := Message{Channel: channel, Object: fmt.Appendf(nil, `{"type":"tick","n":%d}`, i)}
			if _, err := r.Publish(ctx, m); err != nil && ctx.Err() == nil {
				r.t.Errorf("Publish: %v", err)
				return
			}
		}
	})
}

// Every publication that begins after the client has read subscription_result
// arrives, and nothing of the channel follows unsubscription_result: by name
// and by pattern, while others publish as fast as they can.
func TestSubscriptionEdges(t *testing.T) {
	const rounds = 12
	cfg := open()
	cfg.Loops, cfg.Queue.Messages = 4, 1<<16
	r := start(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var publishers, clients sync.WaitGroup
	for _, channel := range []string{"edge.a", "edge.a", "edge.b"} {
		r.stream(ctx, &publishers, channel)
	}
	for i, subscription := range []string{"edge.a", "edge.a", "edge.*", "edge.>"} {
		c := r.connect("/ws/" + strconv.Itoa(i))
		clients.Go(func() {
			for round := range rounds {
				if !c.edge(r, subscription, fmt.Sprintf("%d/%d", i, round)) {
					return
				}
			}
		})
	}
	clients.Wait()
	cancel()
	publishers.Wait()
}

// edge subscribes, publishes a mark and waits for it, unsubscribes, and then
// must hear nothing of the channel.
func (c *client) edge(r *rig, subscription, mark string) bool {
	c.send(`{"type":"subscribe","channel":%q}`, subscription)
	if o := c.message(); o.str("type") != "subscription_result" {
		c.t.Errorf("before subscription_result came %v", o)
		return false
	}
	if _, err := r.Publish(r.t.Context(), Message{Channel: "edge.a", Object: fmt.Appendf(nil, `{"type":"mark","mark":%q}`, mark)}); err != nil {
		c.t.Errorf("Publish: %v", err)
		return false
	}
	for {
		o := c.message()
		if o.str("type") == "gap" {
			c.t.Errorf("%v", o)
			return false
		}
		if o.str("type") == "mark" && o.str("mark") == mark {
			break
		}
	}
	c.send(`{"type":"unsubscribe","channel":%q}`, subscription)
	for c.message().str("type") != "unsubscription_result" {
	}
	c.send(`{"type":"ping"}`)
	if o := c.message(); o.str("type") != "pong" {
		c.t.Errorf("after unsubscription_result came %v", o)
		return false
	}
	return true
}

// Case 89: publications of several publishers have one order for all
// subscribers, on whichever Loop they are, and keep that of each publisher.
func TestTotalOrder(t *testing.T) {
	const publishers, each, subscribers = 6, 200, 8
	cfg := open()
	cfg.Loops, cfg.Queue.Messages = 4, publishers*each
	r := start(t, cfg)
	clients := make([]*client, subscribers)
	for i := range clients {
		clients[i] = r.connect("/ws/" + strconv.Itoa(i))
		clients[i].subscribe([]string{"o.x", "o.*"}[i%2])
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				m := Message{Channel: "o.x", Object: fmt.Appendf(nil, `{"type":"o","p":%d,"i":%d}`, p, i)}
				if _, err := r.Publish(t.Context(), m); err != nil {
					t.Errorf("Publish: %v", err)
				}
			}
		})
	}
	orders := make([][]string, subscribers)
	for i, c := range clients {
		wg.Go(func() {
			for range publishers * each {
				o := c.message()
				orders[i] = append(orders[i], fmt.Sprint(o["p"], " ", o["i"]))
			}
		})
	}
	wg.Wait()
	for i := range orders {
		if diff := cmp.Diff(orders[0], orders[i]); diff != "" {
			t.Fatalf("client %d saw another order than client 0:\n%s", i, diff)
		}
	}
	next := map[string]int{}
	for _, o := range orders[0] {
		p, i, _ := strings.Cut(o, " ")
		if i != strconv.Itoa(next[p]) {
			t.Fatalf("publisher %s: %s came, want %d", p, i, next[p])
		}
		next[p]++
	}
}

// Case 89: ten thousand publish commands of one connection, sent without
// waiting, arrive in their order, each once, and each is answered.
func TestPipelinedPublishes(t *testing.T) {
	const total = 10_000
	cfg := open()
	cfg.Loops, cfg.Queue.Messages = 2, total
	r := start(t, cfg)
	pub, sub := r.connect("/ws/pub"), r.connect("/ws/sub")
	sub.subscribe("flood")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range total {
			pub.send(`{"type":"publish","channel":"flood","data":%d,"id":%d}`, i, i)
		}
	})
	wg.Go(func() {
		for i := range total {
			if o := pub.message(); o.str("type") != "publish_result" || o["success"] != true || o["id"] != float64(i) {
				t.Errorf("result %d: %v", i, o)
				return
			}
		}
	})
	for i := range total {
		if o := sub.message(); o["data"] != float64(i) || o.str("client_id") != "pub" {
			t.Fatalf("message %d: %v", i, o)
		}
	}
	wg.Wait()
}
