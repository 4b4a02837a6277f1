package outcry

import (
	"context"
	jsonv1 "encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// farewell is what a client saw of a drain.
type farewell struct {
	told, closed time.Duration // since the drain began
	within       float64       // reconnect's within_ms
	code         ws.StatusCode
	got          []string // types of what else it received after the drain began
}

func parse(payload []byte) (o object) {
	if json.Unmarshal(payload, &o) != nil {
		return object{"type": "garbage"}
	}
	return o
}

// leave reads until the Close frame, and answers it.
func (c *client) leave(began time.Time) (f farewell) {
	for {
		op, payload, err := c.next()
		if err != nil {
			f.closed = time.Since(began)
			return f
		}
		switch op {
		case ws.OpClose:
			f.code, _ = ws.ParseCloseFrameData(payload)
			_, _ = c.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(payload))))
		case ws.OpPing:
			_, _ = c.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(payload))))
		default:
			o := parse(payload)
			if o.str("type") == "reconnect" {
				f.told = time.Since(began)
				f.within, _ = o["within_ms"].(float64)
			} else {
				f.got = append(f.got, o.str("type"))
			}
		}
	}
}

// depart has every client leave and returns what they saw, in order of time.
func depart(clients []*client, began time.Time) func() []farewell {
	out := make([]farewell, len(clients))
	var leaving sync.WaitGroup
	for i, c := range clients {
		leaving.Go(func() { out[i] = c.leave(began) })
	}
	return func() []farewell {
		leaving.Wait()
		slices.SortFunc(out, func(a, b farewell) int { return int(a.closed - b.closed) })
		return out
	}
}

// stopping ends Run without waiting for it.
func (r *rig) stopping() (stopped <-chan struct{}) {
	done := make(chan struct{})
	go func() { defer close(done); r.stop() }()
	return done
}

// Case 78: all are told at once, and go in even waves.
func TestDrainWaves(t *testing.T) {
	const clients = 400
	cfg := open()
	cfg.Loops = 2
	cfg.Timing.DrainTimeout = 4 * time.Second
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		var all []*client
		for range clients {
			all = append(all, r.connect("/ws"))
		}
		time.Sleep(time.Second)
		began := time.Now()
		left := depart(all, began)
		r.stop()
		if d := time.Since(began); d < 3900*time.Millisecond || d > 4200*time.Millisecond {
			t.Errorf("Run ended after %v", d)
		}
		quarters := [4]int{}
		for _, f := range left() {
			if f.code != ws.StatusCode(protocol.CloseDraining) || f.told > 20*time.Millisecond || f.within != 4000 {
				t.Fatalf("%+v", f)
			}
			quarters[min(3, f.closed/time.Second)]++
		}
		for _, n := range quarters {
			if n < clients/4-4 || n > clients/4+4 {
				t.Errorf("clients closed in each second: %v", quarters)
				break
			}
		}
	})
}

// A few clients are not kept waiting for the whole of the drain timeout.
func TestDrainFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, open())
		c := r.connect("/ws")
		time.Sleep(time.Second)
		began := time.Now()
		left := depart([]*client{c}, began)
		r.stop()
		if f := left()[0]; f.code != 4005 || f.within != 1000 || time.Since(began) > 100*time.Millisecond {
			t.Errorf("%+v, Run ended after %v", f, time.Since(began))
		}
	})
}

// Case 78: while clients are left the node publishes and serves them, and says
// that it takes no more.
func TestWhileDraining(t *testing.T) {
	cfg := open()
	cfg.Timing.DrainTimeout = 4 * time.Second
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		var all []*client
		for range 400 {
			c := r.connect("/ws")
			c.subscribe("news")
			all = append(all, c)
		}
		began := time.Now()
		left := depart(all, began)
		stopped := r.stopping()
		synctest.Wait()
		if err := r.Ready(); !errors.Is(err, ErrDraining) {
			t.Errorf("Ready: %v", err)
		}
		a := r.knock(handshake(get))
		wantRefusal(t, a, protocol.CodeDraining)
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		sent := -1
		for running(stopped) {
			_, got, err := r.SendToChannel(t.Context(), Message{Channel: "news", Data: []byte(`1`)})
			switch {
			case errors.Is(err, ErrNotRunning) && r.active.Load() == 0:
			case err != nil:
				t.Fatalf("after %v, %d left: %v", time.Since(began), r.active.Load(), err)
			case sent >= 0 && got.Sent > sent:
				t.Errorf("sent to %d after %d", got.Sent, sent)
			default:
				sent = got.Sent
			}
			time.Sleep(100 * time.Millisecond)
		}
		if sent > 20 {
			t.Errorf("the last publication reached %d", sent)
		}
		for _, f := range left() {
			if want := int(f.closed / (100 * time.Millisecond)); f.code != 4005 || len(f.got) < want-1 {
				t.Fatalf("closed with %d after %v and %d messages", f.code, f.closed, len(f.got))
			}
		}
		if _, err := r.Publish(t.Context(), Message{Channel: "news", Data: []byte(`1`)}); !errors.Is(err, ErrNotRunning) {
			t.Errorf("Publish after Run: %v", err)
		}
		if err := r.Ready(); err == nil {
			t.Error("ready after Run")
		}
	})
}

func running(stopped <-chan struct{}) bool {
	select {
	case <-stopped:
		return false
	default:
		return true
	}
}

// Case 78: what waits for a client is written before it is closed.
func TestDrainFlushes(t *testing.T) {
	const messages = 50
	cfg := open()
	cfg.Timing.DrainTimeout = time.Second
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		c := r.connect("/ws/slow")
		text := strings.Repeat("x", 4<<10)
		for range messages { // more than the driver takes at a time
			if _, err := r.SendToClient(t.Context(), "slow", []byte(`{"type":"news","text":"`+text+`"}`)); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		stopped := r.stopping()
		time.Sleep(200 * time.Millisecond) // the client does not read, and 4005 is due
		f := c.leave(began)
		if f.code != 4005 || len(f.got) != messages || f.within == 0 {
			t.Errorf("close %d, %d messages, reconnect within %v", f.code, len(f.got), f.within)
		}
		<-stopped
	})
}

// A client that does not read at all does not keep the node from ending.
func TestDrainStalled(t *testing.T) {
	cfg := open()
	cfg.Timing.DrainTimeout = time.Second
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		c := r.connect("/ws/slow")
		for range 50 {
			_, _ = r.SendToClient(t.Context(), "slow", []byte(`{"type":"news","text":"`+strings.Repeat("x", 4<<10)+`"}`))
		}
		began := time.Now()
		r.stop()
		if d := time.Since(began); d > cfg.Timing.DrainTimeout+drainSlack {
			t.Errorf("Run ended after %v", d)
		}
		_ = c.conn.Close()
	})
}

// Who is connecting when the drain begins is sent away with a reason.
func TestConnectingWhileDraining(t *testing.T) {
	t.Run("not logged in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := startPipe(t, secured())
			c := r.connecting("/ws")
			stopped := r.stopping()
			c.wantClose(4005)
			<-stopped
		})
	})
	t.Run("logging in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := startPipe(t, secured())
			// Others, so that the drain takes a while.
			others := make([]*client, 400)
			for i := range others {
				others[i] = r.connect("/ws?token=u")
			}
			var pending []*client
			for range 8 {
				pending = append(pending, r.connecting("/ws/late"))
			}
			left := depart(others, time.Now())
			stopped := r.stopping()
			synctest.Wait()
			refused := 0
			for _, c := range pending {
				if r.draining.Load() && c.tryLogin() {
					refused++
				}
			}
			if refused == 0 {
				t.Error("nobody was there to be refused")
			}
			left()
			<-stopped
		})
	})
	t.Run("between request and 101", func(t *testing.T) {
		inHook, release := make(chan struct{}), make(chan struct{})
		cfg := secured()
		cfg.Hooks.OnConnect = func(context.Context, Client) (jsonv1.RawMessage, error) {
			close(inHook)
			<-release
			return nil, nil
		}
		r := start(t, cfg)
		connected := make(chan *client)
		go func() {
			c, _, _ := r.try("/ws?token=u")
			connected <- c
		}()
		<-inHook
		stopped := r.stopping()
		eventually(t, "draining", r.draining.Load)
		close(release)
		(<-connected).wantClose(4005)
		<-stopped
	})
}

// tryLogin logs in at a node that drains, and reports whether it was refused
// for that; false means that the connection had been closed before.
func (c *client) tryLogin() bool {
	_, err := c.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(`{"type":"auth","token":"u"}`)))))
	if err != nil {
		return false
	}
	op, payload, err := c.next()
	if err != nil || op == ws.OpClose {
		return false
	}
	if o := parse(payload); o.str("type") != "auth_result" || o.str("code") != "draining" {
		c.t.Errorf("%v", o)
	}
	c.wantClose(4005)
	return true
}

// Hooks of the clients that go may finish their work.
func TestHooksWhileDraining(t *testing.T) {
	var ended []error
	cfg := open()
	cfg.Hooks.OnDisconnect = func(ctx context.Context, _ Client, code protocol.CloseCode, _ string) {
		time.Sleep(500 * time.Millisecond)
		if code == protocol.CloseDraining {
			ended = append(ended, ctx.Err())
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		c := r.connect("/ws")
		stopped := r.stopping()
		c.wantClose(4005)
		<-stopped
		if len(ended) != 1 || ended[0] != nil {
			t.Errorf("OnDisconnect ended with %v", ended)
		}
	})
}

// A handler that does not heed its context does not keep Run from ending.
func TestStuckHandler(t *testing.T) {
	release := make(chan struct{})
	cfg := open()
	cfg.Hooks.OnPublish = func(context.Context, Client, *Message) error { <-release; return nil }
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		r := startPipe(t, cfg)
		c := r.connect("/ws")
		c.send(`{"type":"publish","channel":"a","data":1}`)
		synctest.Wait()
		began := time.Now()
		go c.answerPings()
		r.stop()
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("Run ended after %v", d)
		}
		close(release)
	})
}

// A client whose admission hangs does not keep Run from ending, and gives its
// place back when it has ended too.
func TestStuckAdmission(t *testing.T) {
	cfg := open()
	cfg.Timing.DrainTimeout = time.Second
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg.Hooks.OnConnect = func(context.Context, Client) (jsonv1.RawMessage, error) {
			<-release
			return nil, nil
		}
		r := startPipe(t, cfg)
		nc, err := r.dial()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(nc, handshake(get)) }()
		synctest.Wait()
		if got := r.active.Load(); got != 1 {
			t.Fatalf("%d active", got)
		}
		stopped := r.stopping()
		time.Sleep(time.Second + drainSlack + 10*time.Millisecond)
		if !errors.Is(r.Ready(), ErrDraining) {
			t.Errorf("Ready: %v", r.Ready())
		}
		<-stopped
		close(release)
		_, _ = io.Copy(io.Discard, nc) // the node ends the connection
		vacated(t, r)
		if !strings.Contains(r.logs.String(), "drain timeout") {
			t.Error("nothing is logged of it")
		}
	})
}
