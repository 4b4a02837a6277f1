package outcry

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// gate is a custom message type whose handler waits for the test. Its message
// is {"type":"gate"}, its reply {"type":"gated","n":…} counts the calls.
type gate struct {
	entered chan string // client ids, as handlers begin
	open    chan struct{}
	calls   atomic.Int64
}

func newGate(n *Node) *gate {
	g := &gate{entered: make(chan string, 1000), open: make(chan struct{})}
	n.Handle("gate", func(ctx context.Context, req *Request) error {
		g.entered <- req.Client.ID
		select {
		case <-g.open:
		case <-ctx.Done():
		}
		return req.Reply(json.RawMessage(fmt.Sprintf(`{"type":"gated","n":%d}`, g.calls.Add(1))))
	})
	return g
}

// startGated is start with a gate.
func startGated(t *testing.T, cfg Config) (*rig, *gate) {
	t.Helper()
	var g *gate
	r := start(t, cfg, func(n *Node) { g = newGate(n) })
	return r, g
}

// kinds reads n replies and returns "type id" of each; publications are left
// out.
func (c *client) kinds(n int) []string {
	c.t.Helper()
	var got []string
	for len(got) < n {
		if o := c.message(); o.str("type") != "message" {
			got = append(got, fmt.Sprint(o["type"], " ", o["id"]))
		}
	}
	return got
}

// Commands of one client are served in their order whatever serves them: the
// executor, the Loop, a custom handler.
func TestCommandOrder(t *testing.T) {
	r, g := startGated(t, open())
	c, other := r.connect("/ws/c"), r.connect("/ws/other")
	commands := []string{
		`"type":"gate"`, `"type":"publish","channel":"a","data":1`, `"type":"subscribe","channel":"a"`,
		`"type":"publish","channel":"a","data":2`, `"type":"unsubscribe","channel":"a"`, `"type":"subscriptions"`,
		`"type":"presence","channel":"a"`, `"type":"gate"`, `"type":"subscribe","channel":"b"`, `"type":"notification_ack","notification_id":5`,
		`"type":"history","channel":"a"`, `"type":"unsubscribe","channel":"b"`, `"type":"publish","channel":"a","data":3`,
	}
	for i, command := range commands {
		c.send(`{%s,"id":%d}`, command, i)
	}
	<-g.entered
	c.send(`{"type":"ping","id":"now"}`)
	if o := c.want("pong"); o.str("id") != "now" {
		t.Fatal(o)
	}
	c.frame(ws.OpPing, []byte("x"))
	if op, payload, err := c.next(); op != ws.OpPong || string(payload) != "x" || err != nil {
		t.Fatalf("%v %q %v, want a pong frame while a command runs", op, payload, err)
	}
	other.send(`{"type":"publish","channel":"q","data":1}`)
	other.want("publish_result")
	close(g.open)
	want := []string{
		"gated 0", "publish_result 1", "subscription_result 2", "publish_result 3", "unsubscription_result 4", "subscriptions_result 5",
		"presence_result 6", "gated 7", "subscription_result 8", "notification_ack_response 9", "error 10", "unsubscription_result 11", "publish_result 12",
	}
	if diff := cmp.Diff(want, c.kinds(len(want))); diff != "" {
		t.Fatalf("answers (-want +got):\n%s", diff)
	}
}

// One client's handlers never run at the same time, those of several do.
func TestHandlersOfOneClient(t *testing.T) {
	r, g := startGated(t, open())
	a, b := r.connect("/ws/a"), r.connect("/ws/b")
	for range 3 {
		a.send(`{"type":"gate"}`)
		b.send(`{"type":"gate"}`)
	}
	got := map[string]int{<-g.entered: 1}
	got[<-g.entered]++
	if got["a"] != 1 || got["b"] != 1 {
		t.Fatalf("handlers that run at once: %v", got)
	}
	a.pong()
	b.pong()
	if n := len(g.entered); n != 0 {
		t.Fatalf("%d more handlers began", n)
	}
	close(g.open)
	for range 3 {
		a.want("gated")
		b.want("gated")
	}
}

// backlog describes the work of a client.
type backlog struct {
	jobs, bytes, saved int
	paused             bool
}

func (r *rig) backlog(id string) backlog {
	r.t.Helper()
	c := r.ids.find(id)
	b, err := askOne(r.t.Context(), c, func() backlog {
		if c.work == nil {
			return backlog{paused: c.flags.has(flagPaused)}
		}
		return backlog{c.work.jobs, c.work.bytes, len(c.work.saved), c.flags.has(flagPaused)}
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// At 16 commands, or 64 KB of them, the socket is not read any further; what
// has been read is kept, nothing is lost, and reading goes on afterwards.
func TestBacklog(t *testing.T) {
	for name, tt := range map[string]struct {
		total, size int
		want        backlog // but for saved
	}{
		"below":     {total: 10, size: 10, want: backlog{jobs: 11}},
		"commands":  {total: 200, size: 10, want: backlog{jobs: maxBacklog, paused: true}},
		"bytes":     {total: 12, size: 30 << 10, want: backlog{jobs: 4, paused: true}},
		"one giant": {total: 2, size: 900 << 10, want: backlog{jobs: 2, paused: true}},
	} {
		t.Run(name, func(t *testing.T) {
			r, g := startGated(t, open())
			c := r.connect("/ws/c")
			c.send(`{"type":"gate"}`)
			<-g.entered
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for i := range tt.total {
					c.send(`{"type":"publish","channel":"a","data":"%s","id":%d}`, strings.Repeat("x", tt.size), i)
				}
			}()
			eventually(t, "the backlog is full", func() bool {
				b := r.backlog("c")
				return b.jobs == tt.want.jobs && b.paused == tt.want.paused
			})
			if b := r.backlog("c"); b.saved > 64<<10 || b.bytes > maxBacklogBytes+tt.size+100 {
				t.Errorf("%+v is kept", b)
			}
			close(g.open)
			c.want("gated")
			for i := range tt.total {
				if o := c.want("publish_result"); o["id"] != float64(i) || o["success"] != true {
					t.Fatalf("answer %d: %v", i, o)
				}
			}
			<-sent
			c.pong()
			if b := r.backlog("c"); b != (backlog{}) {
				t.Errorf("left: %+v", b)
			}
		})
	}
}

// A client that went while its commands waited leaves none of them behind, and
// the running one is told.
func TestBacklogOfAClosedClient(t *testing.T) {
	r, g := startGated(t, open())
	control := r.connect("/ws/control")
	before := measure(r)
	c := r.connect("/ws/c")
	for range 30 {
		c.send(`{"type":"gate"}`)
	}
	<-g.entered
	eventually(t, "the backlog is full", func() bool { return r.backlog("c").paused })
	_ = c.conn.(*net.TCPConn).SetLinger(0) // a reset is noticed even while the socket is not read
	c.conn.Close()
	settled(t, r, control, before)
	if n := g.calls.Load(); n != 1 {
		t.Errorf("%d handlers were called, want only the one that ran", n)
	}
}

// The answers to a backlog of commands that name many channels each are much
// more than one turn may send, but no more than a client that reads can take.
func TestManyAnswers(t *testing.T) {
	const commands = 15
	r, g := startGated(t, open())
	c := r.connect("/ws/c")
	c.send(`{"type":"gate"}`)
	<-g.entered
	for i := range commands {
		c.send(`{"type":%q,"channels":%s,"id":"%d"}`, []string{"subscribe", "unsubscribe"}[i%2], quote(numbered("abcdefghij", 0, 256)...), i)
	}
	eventually(t, "all commands wait", func() bool { return r.backlog("c").jobs == 1+commands })
	close(g.open)
	c.want("gated")
	for i := range commands {
		for range 256 {
			if o := c.message(); o["success"] != true || o["id"] != fmt.Sprint(i) {
				t.Fatalf("command %d: %v", i, o)
			}
		}
	}
}

// What is refused behind a login is answered in its turn, too.
func TestRefusalsBehindALogin(t *testing.T) {
	release := make(chan struct{})
	cfg := secured()
	cfg.Access.Authenticator = authFunc(func(context.Context, string) (Identity, error) {
		<-release
		return Identity{UserID: "u"}, nil
	})
	r := start(t, cfg)
	c := r.connecting("/ws/c")
	c.send(`{"type":"auth","token":"u"}`)
	c.send(`{"type":"subscribe","channel":"a","id":"1"}`)
	c.send(`{"type":1,"id":"2"}`)
	c.send(`{"type":"subscribe","channel":"b","id":"3"}`)
	close(release)
	c.want("auth_result")
	c.want("connection_established")
	for _, id := range []string{"1", "2", "3"} {
		if o := c.message(); o.str("id") != id {
			t.Errorf("%v, want id %s", o, id)
		}
	}
}
