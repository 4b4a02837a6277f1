package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// diary is a list of what happened. Safe for concurrent use.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// hooks notes every call.
func (d *diary) hooks() Hooks {
	return Hooks{
		OnConnect: func(_ context.Context, c Client) (json.RawMessage, error) {
			d.note("connect %s %s", c.ID, c.Identity.UserID)
			return nil, nil
		},
		OnDisconnect: func(_ context.Context, c Client, code protocol.CloseCode, reason string) {
			d.note("disconnect %s %d %s", c.ID, code, reason)
		},
		OnSubscribe: func(_ context.Context, c Client, channel string) error {
			d.note("subscribe %s", channel)
			switch channel {
			case "shown":
				return &Error{Code: protocol.CodeNotFound, Message: "no such market"}
			case "hidden":
				return errors.New("row 7 of the ACL")
			}
			return nil
		},
		OnUnsubscribe: func(_ context.Context, _ Client, channel string) { d.note("unsubscribe %s", channel) },
		OnPublish: func(_ context.Context, _ Client, m *Message) error {
			d.note("publish %s %s %s", m.Channel, m.Data, m.ID)
			return nil
		},
		OnNotificationAck: func(_ context.Context, _ Client, id string) { d.note("ack %s", id) },
	}
}

// Hooks are called one at a time, in the order of the events, OnDisconnect
// last with the code of the end.
func TestHookOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(r *rig, c *client)
		last string
	}{
		"client closes":  {func(_ *rig, c *client) { c.frame(ws.OpClose, ws.NewCloseFrameBody(1001, "tab closed")) }, "disconnect c 1001 tab closed"},
		"client breaks":  {func(_ *rig, c *client) { c.conn.Close() }, "disconnect c 1006 "},
		"server closes":  {func(r *rig, _ *client) { _ = r.Disconnect(r.t.Context(), "c", 4503, "revoked") }, "disconnect c 4503 revoked"},
		"protocol error": {func(_ *rig, c *client) { c.frame(ws.OpBinary, nil) }, "disconnect c 1003 binary messages are not part of this protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			var d diary
			cfg := secured()
			cfg.Rules, cfg.Hooks = []Rule{{Match: ">", ClientPublish: true}}, d.hooks()
			r := start(t, cfg)
			c := r.connect("/ws/c?token=u")
			for _, command := range []string{
				`"type":"subscribe","channels":["a","@all","shown","hidden","b.*"]`, `"type":"publish","channel":"a","data":5,"message_id":"m"`,
				`"type":"notification_ack","notification_id":9`, `"type":"unsubscribe","channels":["a","never"]`, `"type":"chat_message","message":"m"`,
			} {
				c.send(`{%s}`, command)
			}
			c.send(`{"type":"history","channel":"end"}`)
			for c.message().str("type") != "error" {
			}
			if err := r.Unsubscribe(t.Context(), "c", "b.*"); err != nil {
				t.Fatal(err)
			}
			c.want("subscription_lost")
			c.send(`{"type":"history","channel":"end"}`)
			c.want("error")
			tt.end(r, c)
			want := []string{
				"connect c u", "subscribe a", "subscribe shown", "subscribe hidden", "subscribe b.*", "publish a 5 m", "ack 9",
				"unsubscribe a", "unsubscribe b.*", tt.last,
			}
			eventually(t, "OnDisconnect", func() bool { return len(d.read()) == len(want) })
			if diff := cmp.Diff(want, d.read()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// OnSubscribe decides per channel; what it may not show is not shown. The
// server's own Subscribe does not ask it.
func TestOnSubscribe(t *testing.T) {
	var d diary
	cfg := open()
	cfg.Hooks = d.hooks()
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channels":["a","shown","hidden","@bad"],"id":1}`)
	c.wantResult("a", true)
	for _, want := range []object{
		{"channel": "shown", "code": "not_found", "message": "no such market"},
		{"channel": "hidden", "code": "forbidden", "message": "not allowed"},
	} {
		want["type"], want["success"], want["id"] = "subscription_result", false, 1.0
		if diff := cmp.Diff(want, c.message()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	c.wantResult("@bad", false)
	c.send(`{"type":"subscribe","channel":"b","delta":true}`)
	c.wantResult("b", false)
	c.send(`{"type":"subscribe"}`)
	c.want("error")
	c.send(`{"type":"subscribe","channel":"c","since":"5m"}`)
	if o := c.wantResult("c", true); o["recovered"] != false {
		t.Error(o)
	}
	if err := r.Subscribe(t.Context(), "c", "hidden"); err != nil {
		t.Errorf("the server's Subscribe: %v", err)
	}
}

// A hook that blocks holds up its own connection only, and not the pings of
// that.
func TestHookBlocks(t *testing.T) {
	free := make(chan struct{})
	cfg := open()
	cfg.Hooks.OnSubscribe = func(ctx context.Context, c Client, _ string) error {
		if c.ID == "slow" {
			<-free
		}
		return nil
	}
	r := start(t, cfg)
	slow, other := r.connect("/ws/slow"), r.connect("/ws/other")
	slow.send(`{"type":"subscribe","channel":"a"}`)
	slow.send(`{"type":"subscriptions"}`)
	other.subscribe("a")
	slow.pong()
	if n := r.toChannel("a", 1); n != 1 {
		t.Errorf("reached %d", n)
	}
	close(free)
	slow.wantResult("a", true)
	slow.want("subscriptions_result")
}

// A connection that ends while its hook runs is not subscribed afterwards, and
// the hook is told by its context.
func TestHookOutlivesConnection(t *testing.T) {
	entered, told := make(chan struct{}), make(chan struct{})
	var d diary
	cfg := open()
	cfg.Hooks = d.hooks()
	cfg.Hooks.OnSubscribe = func(ctx context.Context, _ Client, _ string) error {
		close(entered)
		<-ctx.Done()
		close(told)
		return nil
	}
	r := start(t, cfg)
	control := r.connect("/ws/control")
	before := measure(r)
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channel":"a"}`)
	<-entered
	c.conn.Close()
	<-told
	settled(t, r, control, before)
	if n := r.leftTopics(); n != 0 {
		t.Errorf("%d topics are left", n)
	}
	eventually(t, "OnDisconnect is last", func() bool {
		lines := d.read()
		return lines[len(lines)-1] == "disconnect c 1006 "
	})
}

// OnUnsubscribe is called for what a client had left before it closed, also
// where there is no OnDisconnect.
func TestUnsubscribeHookOfAClosingClient(t *testing.T) {
	var d diary
	cfg, b := slowly()
	cfg.Hooks.OnUnsubscribe = func(_ context.Context, _ Client, ch string) { d.note("unsubscribe %s", ch) }
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channel":"a"}`)
	b.next(t, "a")(nil)
	c.wantResult("a", true)
	c.send(`{"type":"subscribe","channel":"b"}`) // holds everything behind it
	b.next(t, "b")
	if err := r.Unsubscribe(t.Context(), "c", "a"); err != nil {
		t.Fatal(err)
	}
	c.want("subscription_lost")
	c.frame(ws.OpClose, ws.NewCloseFrameBody(1000, ""))
	eventually(t, "the hook is called", func() bool { return len(d.read()) == 1 })
}
