package outcry

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/wire"
)

// slack is how much later than its time a timer may fire.
const slack = 2 * wheelTick * time.Millisecond

// quiet is open without heartbeats.
func quiet() Config {
	cfg := open()
	cfg.Timing.HeartbeatInterval = -1
	return cfg
}

// wantAfter checks how long ago began was.
func wantAfter(t *testing.T, what string, began time.Time, want time.Duration) {
	t.Helper()
	if d := time.Since(began); d < want || d > want+slack {
		t.Fatalf("%s after %v, want %v", what, d, want)
	}
}

// wantFrame reads the next frame.
func (c *client) wantFrame(op ws.OpCode) []byte {
	c.t.Helper()
	got, payload, err := c.next()
	if got != op || err != nil {
		c.t.Fatalf("got frame %v %q %v, want %v", got, payload, err, op)
	}
	return payload
}

// A client that has been silent is pinged within 18 to 20 seconds, and closed
// 10 seconds later.
func TestPingTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, quiet())
		defer r.stop()
		for range 10 {
			c := r.connect("/ws")
			began := time.Now()
			c.wantFrame(ws.OpPing)
			d := time.Since(began)
			if d < 18*time.Second || d > 20*time.Second+slack {
				t.Fatalf("ping after %v", d)
			}
			pinged := time.Now()
			if reason := c.wantClose(4001); reason != "ping_timeout" {
				t.Fatalf("reason %q", reason)
			}
			wantAfter(t, "close", pinged, 10*time.Second)
		}
	})
}

// Whatever arrives shows that the client lives: a client that says something
// is not pinged, and any answer to a ping will do.
func TestPingOnlyInSilence(t *testing.T) {
	for name, sign := range map[string]func(*client){
		"pong frame":        func(c *client) { c.frame(ws.OpPong, nil) },
		"pong message":      func(c *client) { c.send(`{"type":"pong"}`) },
		"heartbeat message": func(c *client) { c.send(`{"type":"heartbeat"}`) },
		"byte of a frame":   func(c *client) { c.raw([]byte{fin | 0x1}); c.raw(masked(0x1, `{"type":"pong"}`)[1:]) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipe(t, quiet())
				defer r.stop()
				c := r.connect("/ws")
				for range 20 {
					time.Sleep(17 * time.Second)
					sign(c)
				}
				last := time.Now()
				c.wantFrame(ws.OpPing) // the first frame in six minutes
				if d := time.Since(last); d < 18*time.Second || d > 20*time.Second+slack {
					t.Fatalf("ping %v after the last sign of life", d)
				}
				time.Sleep(9900 * time.Millisecond)
				sign(c)
				answered := time.Now()
				c.wantFrame(ws.OpPing)
				if d := time.Since(answered); d < 18*time.Second || d > 20*time.Second+slack {
					t.Fatalf("ping %v after the answer", d)
				}
				c.wantClose(4001)
			})
		})
	}
}

// connection_timeout governs where pings are off, or rarer.
func TestConnectionTimeout(t *testing.T) {
	for name, interval := range map[string]time.Duration{"pings off": -1, "rare pings": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := quiet()
				cfg.Timing.PingInterval = interval
				r := startPipe(t, cfg)
				defer r.stop()
				c := r.connect("/ws")
				began := time.Now()
				for range 3 {
					time.Sleep(59 * time.Second)
					c.frame(ws.OpPong, nil)
					began = time.Now()
				}
				if reason := c.wantClose(4001); reason != "idle_timeout" {
					t.Fatalf("reason %q", reason)
				}
				wantAfter(t, "close", began, time.Minute)
			})
		})
	}
	t.Run("not where pings govern", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			cfg := quiet()
			cfg.Timing.PingInterval, cfg.Timing.ConnectionTimeout = 20*time.Second, 25*time.Second
			cfg.Timing.PingTimeout = 15 * time.Second
			r := startPipe(t, cfg)
			defer r.stop()
			c := r.connect("/ws")
			c.wantFrame(ws.OpPing)
			pinged := time.Now()
			if reason := c.wantClose(4001); reason != "ping_timeout" {
				t.Fatalf("reason %q", reason)
			}
			wantAfter(t, "close", pinged, 15*time.Second)
		})
	})
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := open()
		const interval = 7001 * time.Millisecond // not a whole number of ticks
		cfg.Timing.HeartbeatInterval = interval
		r := startPipe(t, cfg)
		defer r.stop()
		c := r.connect("/ws")
		began := time.Now()
		for i := range 100 {
			o := c.want("heartbeat")
			wantAfter(t, "heartbeat", began, time.Duration(i+1)*interval)
			at, err := time.Parse(time.RFC3339, o.str("timestamp"))
			if d := time.Since(at); err != nil || d < 0 || d > slack || len(o) != 2 {
				t.Fatalf("heartbeat %v", o)
			}
		}
	})
}

// Who has not logged in hears neither heartbeats nor pings.
func TestNoHeartbeatBeforeLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Access: Access{Authenticator: authFunc(func(context.Context, string) (Identity, error) {
			return Identity{UserID: "u"}, nil
		})}}
		cfg.Timing.AuthTimeout = 5 * time.Minute
		cfg.Timing.PingInterval, cfg.Timing.HeartbeatInterval = time.Second, time.Second
		r := startPipe(t, cfg)
		defer r.stop()
		c, status, body := r.try("/ws")
		if c == nil {
			t.Fatal(status, body)
		}
		c.want("auth_required")
		time.Sleep(4 * time.Minute)
		c.send(`{"type":"auth","token":"t"}`)
		c.want("auth_result")
		c.want("connection_established")
		began := time.Now()
		c.wantFrame(ws.OpPing)
		if d := time.Since(began); d < 900*time.Millisecond {
			t.Errorf("ping %v after the login", d)
		}
		c.want("heartbeat")
		wantAfter(t, "heartbeat", began, time.Second)
	})
}

// What clients send for show is taken silently; when they last did is known.
func TestLastPingAndPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.Timing.PingInterval, cfg.Timing.ConnectionTimeout = -1, 24*time.Hour
		r := startPipe(t, cfg)
		defer r.stop()
		connected := time.Now()
		c := r.connect("/ws/alice")
		info := func() ClientInfo {
			synctest.Wait()
			i, err := r.Client(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		if i := info(); !i.LastPing.IsZero() || !i.LastPong.IsZero() {
			t.Fatalf("ping %v, pong %v before any", i.LastPing, i.LastPong)
		}
		time.Sleep(time.Hour)
		c.send(`{"type":"ping"}`)
		c.want("pong")
		pinged := time.Now()
		time.Sleep(time.Hour)
		c.send(`{"type":"pong"}`)
		i := info()
		near(t, "last ping", i.LastPing, pinged)
		near(t, "last pong", i.LastPong, time.Now())
		near(t, "connected", i.ConnectedAt, connected)
		time.Sleep(time.Hour)
		c.frame(ws.OpPong, []byte("unasked"))
		c.send(`{"type":"heartbeat"}`)
		near(t, "last pong", info().LastPong, time.Now())
		time.Sleep(time.Hour)
		c.frame(ws.OpPing, []byte("x"))
		if got := c.wantFrame(ws.OpPong); string(got) != "x" {
			t.Fatalf("pong %q", got)
		}
		near(t, "last ping", info().LastPing, time.Now())
	})
}

// near compares times that are kept in tenths of a second.
func near(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if d := want.Sub(got); d < -100*time.Millisecond || d > 100*time.Millisecond {
		t.Fatalf("%s %v, want %v", what, got, want)
	}
}

// What is told of a client stays true when the clock of milliseconds has
// wrapped, after 49.7 days.
func TestLastPingLongAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, quiet())
		time.Sleep(time.Hour)
		l.tick()
		c := attach(l, &fakeSocket{room: -1})
		c.handle(wire.Message{Op: wire.OpPong})
		c.handle(wire.Message{Op: wire.OpPing})
		began := time.Now()
		time.Sleep(200 * 24 * time.Hour)
		l.tick()
		i := c.info()
		near(t, "last ping", i.LastPing, began)
		near(t, "last pong", i.LastPong, began)
		near(t, "connected", i.ConnectedAt, began)
	})
}

// age makes a node without clients look as if it had run for d. It must have
// one Loop.
func (r *rig) age(d time.Duration) {
	done := make(chan struct{})
	r.loops[0].inbox.post(func(l *loop) {
		l.node.start = l.node.start.Add(-d)
		l.tick()
		l.reset()
		close(done)
	})
	<-done
}

// Deadlines hold when the clock of milliseconds wraps, and in its second half.
func TestLivenessAcrossTheWrap(t *testing.T) {
	const wrap = time.Duration(1<<32) * time.Millisecond
	for name, age := range map[string]time.Duration{
		"wrap": wrap - 15*time.Second, "half": wrap/2 - 15*time.Second, "second half": wrap * 3 / 4, "sign of microseconds": 36 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := open()
				cfg.Loops = 1
				r := startPipe(t, cfg)
				defer r.stop()
				r.age(age)
				c := r.connect("/ws")
				began := time.Now()
				c.raw(masked(fin|0x1, `{}`)[:3])
				time.Sleep(9 * time.Second)
				c.raw(masked(fin|0x1, `{}`)[3:])
				c.want("error")
				c.wantFrame(ws.OpPing)
				if d := time.Since(began); d < 27*time.Second || d > 29*time.Second+slack {
					t.Fatalf("ping after %v", d)
				}
				c.frame(ws.OpPong, nil)
				c.want("heartbeat")
				wantAfter(t, "heartbeat", began, 30*time.Second)
				for range 100 {
					c.frame(ws.OpPing, nil)
					c.wantFrame(ws.OpPong)
				}
				answered := time.Now()
				c.wantFrame(ws.OpPing)
				pinged := time.Now()
				if d := time.Since(answered); d < 18*time.Second || d > 20*time.Second+slack {
					t.Fatalf("ping after %v", d)
				}
				c.wantClose(4001)
				wantAfter(t, "close", pinged, 10*time.Second)
			})
		})
	}
}

// Cases 18 and 19: a message has ten seconds from its first byte to its last,
// however its bytes and pings in between come.
func TestMessageDeadline(t *testing.T) {
	ping := masked(fin|0x9, "p")
	for name, drip := range map[string]func(i int) []byte{
		"header byte by byte":             func(i int) []byte { return append(announce(fin|0x1, 100_000), 0, 0, 0, 0)[i : i+1] },
		"payload byte by byte":            func(i int) []byte { return append(announceText("", 5000), make([]byte, 100)...)[i : i+1] },
		"fragments of one byte":           func(i int) []byte { return masked(byte(1-min(i, 1)), "x") },
		"fragments of no bytes":           func(i int) []byte { return masked(byte(1-min(i, 1)), "") },
		"pings between fragments":         func(i int) []byte { return join(masked(byte(1-min(i, 1)), "x"), ping) },
		"one fragment, then only pings":   func(i int) []byte { return join(masked(0x1, "x")[:7*(1-min(i, 1))], ping) },
		"control frame byte by byte":      func(i int) []byte { return append(masked(fin|0x9, "01234567890123456789"), 0)[i : i+1] },
		"silence after the first of them": func(i int) []byte { return masked(0x1, "x")[:1-min(i, 1)] },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := quiet()
				cfg.Limits.MaxFragments = 1 << 20
				r := startPipe(t, cfg)
				defer r.stop()
				c := r.connect("/ws")
				began := time.Now()
				var dripping sync.WaitGroup
				defer dripping.Wait()
				defer c.conn.Close()
				dripping.Go(func() {
					for i := range 14 { // as many as the shortest of them has
						if _, err := c.conn.Write(drip(i)); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})
				if reason := c.wantClose(1008); reason != "message took too long" {
					t.Errorf("reason %q", reason)
				}
				wantAfter(t, "close", began, 10*time.Second)
			})
		})
	}
}

// Each message has its own ten seconds, and so has what follows a control
// frame that was itself slow.
func TestMessageDeadlineAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, quiet())
		defer r.stop()
		c := r.connect("/ws")
		ping := masked(fin|0x9, "p")
		command := masked(fin|0x1, `{"type":"ping","timestamp":1}`)
		c.raw(ping[:3])
		for range 5 {
			time.Sleep(9 * time.Second)
			c.raw(join(ping[3:], command[:9]))
			c.wantFrame(ws.OpPong)
			time.Sleep(9 * time.Second)
			c.raw(join(command[9:], ping[:3]))
			c.want("pong")
		}
		c.wantClose(1008)
	})
}

// Before the login too.
func TestMessageDeadlineBeforeLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Access: Access{Authenticator: authFunc(nil)}}
		cfg.Timing.MessageTimeout, cfg.Timing.AuthTimeout = 2*time.Second, time.Minute
		r := startPipe(t, cfg)
		defer r.stop()
		c, status, body := r.try("/ws")
		if c == nil {
			t.Fatal(status, body)
		}
		c.want("auth_required")
		began := time.Now()
		c.raw(masked(fin|0x1, `{"type":"auth"}`)[:5])
		c.wantClose(1008)
		wantAfter(t, "close", began, 2*time.Second)
	})
}
