package outcry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// Who gets what: one client, a user's connections, a group's, a channel's
// subscribers, everybody. Each copy is counted and is the publisher's object,
// with nothing but a timestamp added.
func TestSend(t *testing.T) {
	cfg := secured()
	cfg.Loops = 3
	r := start(t, cfg)
	conns := map[string]*client{}
	for id, token := range map[string]string{"a1": "a/traders", "a2": "a", "b1": "b/traders,admins", "c1": "c"} {
		conns[id] = r.connect("/ws/" + id + "?token=" + token)
	}
	conns["a1"].subscribe("room")
	conns["c1"].subscribe("room")
	msg := json.RawMessage(`{"type":"news","client_id":"x","channel":"y","seq":4}`)
	ctx := t.Context()
	for name, tt := range map[string]struct {
		send func() (Receipt, error)
		to   string
	}{
		"client":       {func() (Receipt, error) { return r.SendToClient(ctx, "a2", msg) }, "a2"},
		"user":         {func() (Receipt, error) { return r.SendToUser(ctx, "a", msg) }, "a1 a2"},
		"unknown user": {func() (Receipt, error) { return r.SendToUser(ctx, "nobody", msg) }, ""},
		"group":        {func() (Receipt, error) { return r.SendToGroup(ctx, "traders", msg) }, "a1 b1"},
		"other group":  {func() (Receipt, error) { return r.SendToGroup(ctx, "admins", msg) }, "b1"},
		"no group":     {func() (Receipt, error) { return r.SendToGroup(ctx, "none", msg) }, ""},
		"all":          {func() (Receipt, error) { return r.Broadcast(ctx, msg) }, "a1 a2 b1 c1"},
	} {
		t.Run(name, func(t *testing.T) {
			to := strings.Fields(tt.to)
			if rec, err := tt.send(); err != nil || rec != (Receipt{Sent: len(to)}) {
				t.Fatalf("%+v, %v; want %d", rec, err, len(to))
			}
			want := object{"type": "news", "client_id": "x", "channel": "y", "seq": 4.0}
			for _, id := range to {
				got := conns[id].want("news")
				if diff := cmp.Diff(want, got.without("timestamp")); diff != "" || got.str("timestamp") == "" {
					t.Errorf("%s got %v (-want +got):\n%s", id, got, diff)
				}
			}
			for _, c := range conns {
				c.pong() // nobody else got it
			}
		})
	}
	ack, rec, err := r.SendToChannel(ctx, Message{Channel: "room", Object: msg, ID: "m"})
	if err != nil || rec != (Receipt{Sent: 2}) || ack != (Ack{ID: "m", Durability: "memory"}) {
		t.Fatalf("SendToChannel: %+v, %+v, %v", ack, rec, err)
	}
	for _, id := range []string{"a1", "c1"} {
		if o := conns[id].want("news"); o.str("channel") != "room" || o["seq"] != nil || o.str("client_id") != "x" {
			t.Errorf("%s got %v", id, o)
		}
	}
}

// The bytes that reach a client are those that were sent.
func TestSendBytes(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	const text = `{"timestamp":0,"n":1.50,"big":12345678901234567890,"s":"\u0041/","a":[ ]}`
	if _, err := r.SendToClient(t.Context(), "c", json.RawMessage(text)); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.next(); err != nil || string(got) != text {
		t.Errorf("got %s, %v; want %s", got, err, text)
	}
}

func TestSendRefused(t *testing.T) {
	r := start(t, open())
	r.connect("/ws/c")
	ctx, good := t.Context(), json.RawMessage(`{}`)
	huge := json.RawMessage(`{"x":"` + strings.Repeat("x", 2<<20) + `"}`)
	for name, tt := range map[string]struct {
		code protocol.Code // "": ErrNotFound
		call func() (Receipt, error)
	}{
		"no such client":       {"", func() (Receipt, error) { return r.SendToClient(ctx, "nobody", good) }},
		"client, no object":    {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToClient(ctx, "c", json.RawMessage(`[1]`)) }},
		"client, nothing":      {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToClient(ctx, "c", nil) }},
		"client, too large":    {protocol.CodeTooLarge, func() (Receipt, error) { return r.SendToClient(ctx, "c", huge) }},
		"no user":              {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToUser(ctx, "", good) }},
		"user, no JSON":        {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToUser(ctx, "u", json.RawMessage(`{"a"`)) }},
		"user, duplicate":      {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToUser(ctx, "u", json.RawMessage(`{"a":1,"a":2}`)) }},
		"user, too large":      {protocol.CodeTooLarge, func() (Receipt, error) { return r.SendToUser(ctx, "u", huge) }},
		"group without name":   {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToGroup(ctx, "", good) }},
		"internal group":       {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToGroup(ctx, "@all", good) }},
		"group with wildcards": {protocol.CodeBadRequest, func() (Receipt, error) { return r.SendToGroup(ctx, "g*", good) }},
		"all, a string":        {protocol.CodeBadRequest, func() (Receipt, error) { return r.Broadcast(ctx, json.RawMessage(`"x"`)) }},
		"all, too large":       {protocol.CodeTooLarge, func() (Receipt, error) { return r.Broadcast(ctx, huge) }},
	} {
		rec, err := tt.call()
		var e *Error
		switch {
		case tt.code == "" && !errors.Is(err, ErrNotFound):
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		case tt.code != "" && (!errors.As(err, &e) || e.Code != tt.code):
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		case rec != Receipt{}:
			t.Errorf("%s: %+v", name, rec)
		}
	}
}

// A Loop that does not answer within a second makes the count a lower bound;
// what was sent arrives all the same.
func TestPartialReceipt(t *testing.T) {
	cfg := open()
	cfg.Loops = 2
	r := start(t, cfg)
	a, b := r.connect("/ws/a"), r.connect("/ws/b")
	release := holdLoop(t, r.ids.find("a").loop)
	rec, err := r.Broadcast(t.Context(), json.RawMessage(`{"type":"x"}`))
	if err != nil || !rec.Partial {
		t.Errorf("%+v, %v; want a partial count", rec, err)
	}
	b.want("x")
	if s, err := r.Stats(canceled(t)); err == nil {
		t.Errorf("Stats of a stuck Loop whose context ended: %+v", s)
	}
	if _, err := r.SendToClient(canceled(t), "a", json.RawMessage(`{"type":"y"}`)); err == nil {
		t.Error("SendToClient of a stuck Loop whose context ended: no error")
	}
	release()
	got := map[string]bool{a.message().str("type"): true, a.message().str("type"): true}
	if !got["x"] || !got["y"] {
		t.Errorf("got %v", got)
	}
}

// A client whose queue has no room for a direct message is told of the loss,
// and so is the caller: the client exists, and nothing was placed.
func TestSendToFullQueue(t *testing.T) {
	cfg := open()
	cfg.Queue.Messages = 1
	l := newBareLoop(t, cfg)
	c := attach(l, &fakeSocket{})
	l.node.ids.reserve("c", c)
	high := &topic{name: "h", rule: &Rule{Priority: PriorityHigh}}
	c.publish(entry{frame: text(`{}`), topic: high}, laneHigh, OverflowGap)
	l.flushAll()
	c.exhaustGrace()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if rec, err := l.node.SendToClient(t.Context(), "c", json.RawMessage(`{}`)); err != nil || rec != (Receipt{}) {
			t.Errorf("%+v, %v; want nothing sent and no error", rec, err)
		}
	}()
	eventually(t, "SendToClient returns", func() bool {
		l.runControl()
		select {
		case <-sent:
			return true
		default:
			return false
		}
	})
	if len(c.out.gaps) != 1 || c.out.gaps[0].lost != 1 {
		t.Errorf("gaps %+v", c.out.gaps)
	}
}
