package outcry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// handling is a started node whose type "work" is served by h.
func handling(t *testing.T, cfg Config, h Handler) *rig {
	t.Helper()
	return startPipe(t, cfg, func(n *Node) { n.Handle("work", h) })
}

// A handler that blocks for a minute, on a client that pipelines: nothing is
// lost or closed, though the client answers no ping meanwhile. Its deadlines
// stop while we do not read, and begin anew, that of a message under way
// included, when we do.
func TestBlockedHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const commands = 99
		served := 0
		r := handling(t, quiet(), func(_ context.Context, r *Request) error {
			if served++; served%33 == 1 {
				time.Sleep(time.Minute)
			}
			return r.Reply(object{"type": "worked", "n": served})
		})
		defer r.stop()
		c := r.connect("/ws")
		began := time.Now()
		var pipeline sync.WaitGroup
		defer pipeline.Wait()
		pipeline.Go(func() { // a pipe holds nothing: Write returns when all has been read
			for i := range commands {
				frame := masked(fin|0x1, fmt.Sprintf(`{"type":"work","id":%d,"pad":%q}`, i+1, strings.Repeat("x", 100)))
				if _, err := c.conn.Write(frame); err != nil {
					t.Error(err)
				}
			}
		})
		for i := range commands {
			o := decode(t, string(c.wantFrame(ws.OpText))) // no ping comes between
			if o["n"] != float64(i+1) || o["id"] != float64(i+1) {
				t.Fatalf("reply %d: %v", i+1, o)
			}
			if i == 0 {
				wantAfter(t, "first reply", began, time.Minute)
				i, err := r.Client(t.Context(), c.id)
				if err != nil || i.State != StateConnected {
					t.Fatalf("client %+v, %v", i, err)
				}
			}
		}
		wantAfter(t, "last reply", began, 3*time.Minute)
		done := time.Now()
		c.wantFrame(ws.OpPing)
		if d := time.Since(done); d < 18*time.Second || d > 20*time.Second+slack {
			t.Errorf("ping %v after the last command", d)
		}
		c.wantClose(4001)
	})
}

// While a handler blocks, only so many commands are taken; application pings
// and control frames that were read are answered before it returns.
func TestPausedReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		open := sync.OnceFunc(func() { close(gate) })
		var served atomic.Int32
		r := handling(t, quiet(), func(context.Context, *Request) error {
			served.Add(1)
			<-gate
			return nil
		})
		defer r.stop()
		defer open()
		c := r.connect("/ws")
		c.send(`{"type":"work"}`)
		for i := range maxBacklog - 2 {
			c.send(`{"type":"subscribe","channel":"c%d"}`, i)
		}
		c.send(`{"type":"ping","timestamp":"now"}`)
		if o := c.want("pong"); o.str("client_timestamp") != "now" {
			t.Fatal(o)
		}
		c.frame(ws.OpPing, []byte("frame"))
		if got := c.wantFrame(ws.OpPong); string(got) != "frame" {
			t.Fatalf("pong %q", got)
		}
		c.send(`{"type":"subscribe","channel":"last"}`)
		synctest.Wait()
		wrote := make(chan struct{})
		_ = c.conn.SetWriteDeadline(time.Time{})
		go func() {
			defer close(wrote)
			for range 10 { // the driver holds one chunk, the pipe none
				_, _ = c.conn.Write(masked(fin|0x1, `{"type":"ping"}`))
			}
		}()
		time.Sleep(time.Hour)
		select {
		case <-wrote:
			t.Fatal("input is read although the backlog is full")
		default:
		}
		open()
		for range maxBacklog - 1 {
			c.want("subscription_result")
		}
		for range 10 {
			c.want("pong")
		}
		<-wrote
		if served.Load() != 1 {
			t.Errorf("served %d", served.Load())
		}
	})
}

// Replies that are not read stop the reading of commands; all are delivered
// when the client reads again.
func TestRepliesPauseReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const commands = 60
		var served atomic.Int32
		r := handling(t, quiet(), func(_ context.Context, r *Request) error {
			return r.Reply(object{"type": "worked", "n": served.Add(1), "pad": strings.Repeat("x", 10_000)})
		})
		defer r.stop()
		c := r.connect("/ws")
		var pipeline sync.WaitGroup
		pipeline.Go(func() {
			for range commands {
				if _, err := c.conn.Write(masked(fin|0x1, `{"type":"work"}`)); err != nil {
					t.Error(err)
				}
			}
		})
		time.Sleep(9 * time.Second) // write_timeout is 10
		bound := int32(replyPause/10_000 + maxBacklog + 16_384/10_000 + 2)
		if n := served.Load(); n < replyPause/10_000 || n > bound {
			t.Errorf("%d commands served, want at most %d", n, bound)
		}
		s, err := r.Stats(t.Context())
		if err != nil || s.QueuedBytes > replyClose {
			t.Errorf("%d bytes wait, %v", s.QueuedBytes, err)
		}
		for i := range commands {
			if o := c.want("worked"); o["n"] != float64(i+1) {
				t.Fatalf("reply %d is %v", i+1, o["n"])
			}
		}
		pipeline.Wait()
	})
}

// Replies beyond 256 KB close the connection of a client that does not read;
// one large reply, which may be more than that, does not.
func TestRepliesClose(t *testing.T) {
	l := newBareLoop(t, open())
	sock := &fakeSocket{}
	c := attach(l, sock)
	large := encodePayload([]byte(`"` + strings.Repeat("x", 300<<10) + `"`))
	c.sendControl(large)
	if l.flushAll(); c.state != StateConnected {
		t.Fatal("closed for its first reply")
	}
	sock.resume(l, c)
	if c.out != nil || c.state != StateConnected {
		t.Fatalf("state %v, waiting %v", c.state, c.out)
	}
	sock.room = 0
	for range 3 { // the second waits behind the first, the third behind too much
		if c.state != StateConnected {
			t.Fatal("closed for a reply that had room")
		}
		c.sendControl(large)
		l.flushAll()
		if c.out != nil {
			c.out.blocked = mark(l.now - 2*busyGrace) // it refuses, it is not just busy
		}
	}
	if c.state != StateDisconnecting || l.count.errors != 1 {
		t.Errorf("state %v, errors %d", c.state, l.count.errors)
	}
}

// The time we did not read does not count against a message of which a part
// had come.
func TestPausedMidMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, quiet())
		sock := &fakeSocket{room: -1}
		c := attach(l, sock)
		frame := masked(fin|0x1, `{"type":"ping","timestamp":1}`)
		advance := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				time.Sleep(time.Second)
				l.tick()
				l.runTimers()
				l.flushAll()
			}
		}
		c.receive(append([]byte(nil), frame[:10]...))
		sock.room = 0
		const replies = 120
		for range replies {
			c.sendControl(text(strings.Repeat("x", 1000)))
		}
		l.flushAll()
		if !sock.paused {
			t.Fatal("not paused")
		}
		rounds := 0
		for ; sock.paused && rounds < 20; rounds++ {
			advance(9 * time.Second)
			sock.room = 10_000
			c.writable()
			l.runControl()
		}
		if rounds < 4 || sock.paused || c.state != StateConnected {
			t.Fatalf("paused %v for %d rounds, state %v", sock.paused, rounds, c.state)
		}
		sock.room = -1
		c.writable()
		advance(9 * time.Second)
		c.receive(append([]byte(nil), frame[10:]...))
		l.flushAll()
		if got := sock.texts(t); len(got) != replies+1 {
			t.Fatalf("%d texts, state %v", len(got), c.state)
		}
		c.receive(append([]byte(nil), frame[:10]...))
		advance(11 * time.Second)
		if c.state == StateConnected {
			t.Fatal("the deadline of a message is off")
		}
	})
}

// A client that we do not read cannot prove that it lives, and is not dropped
// for another that wants its id, case 38.
func TestPausedKeepsItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		open := sync.OnceFunc(func() { close(gate) })
		r := handling(t, quiet(), func(context.Context, *Request) error { <-gate; return nil })
		defer r.stop()
		defer open()
		c := r.connect("/ws/alice")
		go func() {
			for range maxBacklog + 4 {
				c.frame(ws.OpText, []byte(`{"type":"work"}`))
			}
		}()
		synctest.Wait()
		if _, status, body := r.try("/ws/alice"); status != 409 {
			t.Errorf("status %d %s, want 409", status, body)
		}
		open()
		c.wantFrame(ws.OpPing) // the probe
		c.send(`{"type":"ping"}`)
		c.want("pong")
	})
}

// Case 20: pings of a client that does not read are answered once for many,
// with the latest; more than the budget close with 1008.
func TestPingFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, quiet())
		defer r.stop()
		c := r.connect("/ws")
		const pings = 900
		for i := range pings {
			c.frame(ws.OpPing, fmt.Appendf(nil, "%04d", i))
		}
		synctest.Wait()
		s, err := r.Stats(t.Context())
		if err != nil || s.QueuedBytes > 1000 {
			t.Errorf("%d bytes of pongs wait, %v", s.QueuedBytes, err)
		}
		last, pongs := "", 0
		for last != fmt.Sprintf("%04d", pings-1) {
			pong := string(c.wantFrame(ws.OpPong))
			if pong <= last {
				t.Fatalf("pong %q after %q", pong, last)
			}
			last = pong
			pongs++
		}
		if pongs > 100 {
			t.Errorf("%d pongs for %d unread pings", pongs, pings)
		}
		time.Sleep(5 * time.Second) // the budget refills by 100 a second
		var flood sync.WaitGroup
		defer flood.Wait()
		flood.Go(func() {
			for range 50_000 {
				if _, err := c.conn.Write(masked(fin|0x9, "")); err != nil {
					return
				}
			}
		})
		c.wantClose(1008)
	})
}

// Pongs nobody asked for are taken, within the same budget.
func TestUnsolicitedPongs(t *testing.T) {
	onBoth(t, open(), func(t *testing.T, r *rig) {
		c := r.connect("/ws")
		for range 500 {
			c.frame(ws.OpPong, []byte("unasked"))
		}
		c.send(`{"type":"ping"}`)
		c.want("pong")
		burst := make([]byte, 0, 7*3*controlBurst)
		for range 3 * controlBurst {
			burst = append(burst, masked(fin|0xa, "x")...)
		}
		var flood sync.WaitGroup
		flood.Go(func() { _, _ = c.conn.Write(burst) })
		if reason := c.wantClose(1008); !strings.Contains(reason, "pong") {
			t.Errorf("reason %q", reason)
		}
		_ = c.conn.Close()
		flood.Wait()
	})
}
