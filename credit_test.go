package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// holdLoop has a Loop stand still until release is called.
func holdLoop(t *testing.T, l *loop) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	l.inbox.post(func(*loop) { close(held); <-free })
	<-held
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release)
	return release
}

// inFlight is how many publications hold a credit.
func (r *rig) inFlight() int { return int(r.credits.taken.Load()) }

// Publishing waits where the credits are used up, by number and by bytes, and
// only there. A context that ends first means ErrBusy and nothing published.
func TestBackpressure(t *testing.T) {
	const big = 600 << 10
	for name, tt := range map[string]struct {
		edit func(q *Queue)
		data int // bytes of one publication
		fit  int // publications that find room
	}{
		"by number": {func(q *Queue) { q.InFlight = 5 }, 10, 5},
		"by bytes":  {func(q *Queue) { q.InFlightBytes = 2 << 20 }, big, 3},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := open()
			cfg.Loops = 1
			tt.edit(&cfg.Queue)
			r := start(t, cfg)
			c := r.connect("/ws/c")
			c.subscribe("a")
			data := `"` + strings.Repeat("x", tt.data) + `"`
			publish := func(ctx context.Context, event string) error {
				_, err := r.Publish(ctx, Message{Channel: "a", Data: json.RawMessage(data), Event: event})
				return err
			}
			release := holdLoop(t, r.loops[0])
			for i := range tt.fit {
				if err := publish(t.Context(), fmt.Sprint("fit", i)); err != nil {
					t.Fatalf("publication %d: %v", i, err)
				}
			}
			soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			for _, ctx := range []context.Context{soon, canceled(t)} {
				if err := publish(ctx, "refused"); !errors.Is(err, ErrBusy) {
					t.Errorf("without room: %v, want ErrBusy", err)
				}
			}
			if _, err := r.Broadcast(canceled(t), json.RawMessage(`{"data":`+data+`}`)); !errors.Is(err, ErrBusy) {
				t.Errorf("Broadcast without room: %v, want ErrBusy", err)
			}
			waited := make(chan error, 1)
			go func() { waited <- publish(t.Context(), "waited") }()
			eventually(t, "a publication waits", func() bool { return r.credits.waits.Load() == 4 })
			if n := r.inFlight(); n != tt.fit {
				t.Errorf("%d in flight, want %d", n, tt.fit)
			}
			release()
			if err := <-waited; err != nil {
				t.Errorf("the one that waited: %v", err)
			}
			for i := range tt.fit {
				if o := c.want("message"); o.str("event") != fmt.Sprint("fit", i) {
					t.Fatalf("message %d: event %q", i, o.str("event"))
				}
			}
			if o := c.want("message"); o.str("event") != "waited" {
				t.Fatalf("event %q", o.str("event"))
			}
			c.pong()
			s, err := r.Stats(t.Context())
			if err != nil || s.InFlight != 0 || s.PublishWaits != 4 {
				t.Errorf("stats %+v, %v", s, err)
			}
		})
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// A client whose publication finds no room waits, as do its later commands;
// its ping is answered, and when it goes the wait ends.
func TestClientBackpressure(t *testing.T) {
	cfg := open()
	cfg.Loops, cfg.Queue.InFlight = 2, 1
	r := start(t, cfg)
	a, b := r.connect("/ws/a"), r.connect("/ws/b")
	busy, free := r.ids.find("a").loop, r.ids.find("b").loop
	if busy == free {
		t.Fatal("both clients are on one Loop")
	}
	a.subscribe("x")
	release := holdLoop(t, busy)
	b.send(`{"type":"publish","channel":"x","data":1}`)
	b.want("publish_result")
	b.send(`{"type":"publish","channel":"x","data":2,"id":"waits"}`)
	b.send(`{"type":"subscriptions"}`)
	eventually(t, "the second publication waits", func() bool { return r.credits.waits.Load() == 1 })
	b.pong()
	b.send(`{"type":"chat_message","channel":"x","message":"never sent"}`)
	b.conn.Close()
	eventually(t, "the publisher is gone", func() bool { return r.active.Load() == 1 })
	release()
	if o := a.want("message"); o["data"] != 1.0 {
		t.Fatal(o)
	}
	a.pong()
	eventually(t, "nothing is in flight", func() bool { return r.inFlight() == 0 })
}

// The largest message that may be published always finds room, and one that is
// larger is refused at once rather than waited for.
func TestLargestPublication(t *testing.T) {
	cfg := open()
	cfg.Limits.MaxMessageSize = 1000
	cfg.Queue.Bytes, cfg.Queue.InFlightBytes = 1000+queueMargin, 1000+queueMargin
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.subscribe("a")
	fits := 0
	for n := 4800; n < 1000+queueMargin+20; n++ {
		_, err := r.Publish(t.Context(), Message{Channel: "a", Data: json.RawMessage(`"` + strings.Repeat("x", n) + `"`)})
		var e *Error
		switch {
		case err == nil:
			fits++
			c.want("message")
		case !errors.As(err, &e) || e.Code != protocol.CodeTooLarge:
			t.Fatalf("%d bytes: %v", n, err)
		case !strings.Contains(e.Message, "at most 1000 are allowed (max_message_size)"):
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	if fits < 50 || fits > 1000+queueMargin-4800 {
		t.Errorf("%d sizes fit", fits)
	}
}
