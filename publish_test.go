package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// without returns o less some of its members.
func (o object) without(keys ...string) object {
	out := maps.Clone(o)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

// What trusted publishers send arrives as they sent it, with type, channel and
// timestamp added; what only the server may say is set or removed.
func TestPublish(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.subscribe("a")
	for name, tt := range map[string]struct {
		m    Message
		want object // but for the timestamp, where "timestamp" is absent
	}{
		"data":         {Message{Data: json.RawMessage(`{"x":[1,null]}`)}, object{"type": "message", "data": map[string]any{"x": []any{1.0, nil}}}},
		"data null":    {Message{Data: json.RawMessage(`null`)}, object{"type": "message", "data": nil}},
		"event":        {Message{Data: json.RawMessage(`"한"`), Event: "fill", ID: "m1"}, object{"type": "message", "data": "한", "event": "fill", "message_id": "m1"}},
		"object":       {Message{Object: json.RawMessage(`{"p":1}`)}, object{"type": "message", "p": 1.0}},
		"own type":     {Message{Object: json.RawMessage(`{"type":"quote","timestamp":5}`)}, object{"type": "quote", "timestamp": 5.0}},
		"server's own": {Message{Object: json.RawMessage(`{"channel":"z","seq":9,"cursor":"c","replay":true,"merged":1,"patch":2,"q":3}`)}, object{"type": "message", "q": 3.0}},
		"as a client":  {Message{Object: json.RawMessage(`{"client_id":"x","user_id":"y"}`)}, object{"type": "message", "client_id": "x", "user_id": "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.m.Channel = "a"
			ack, err := r.Publish(t.Context(), tt.m)
			if want := (Ack{ID: tt.m.ID, Durability: "memory"}); err != nil || ack != want {
				t.Fatalf("ack %+v, %v; want %+v", ack, err, want)
			}
			got := c.message()
			if tt.want["timestamp"] == nil {
				if !strings.HasSuffix(got.str("timestamp"), "+00:00") {
					t.Errorf("timestamp %v", got["timestamp"])
				}
				got = got.without("timestamp")
			}
			tt.want["channel"] = "a"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPublishRefused(t *testing.T) {
	r := start(t, open())
	for name, tt := range map[string]struct {
		m    Message
		code protocol.Code
		text string
	}{
		"nothing":      {Message{Channel: "a"}, protocol.CodeBadRequest, "needs a message or data"},
		"both":         {Message{Channel: "a", Data: json.RawMessage(`1`), Object: json.RawMessage(`{}`)}, protocol.CodeBadRequest, "not both"},
		"no object":    {Message{Channel: "a", Object: json.RawMessage(`[]`)}, protocol.CodeBadRequest, "message is not a JSON object"},
		"no JSON":      {Message{Channel: "a", Object: json.RawMessage(`{`)}, protocol.CodeBadRequest, "message is not valid JSON"},
		"two values":   {Message{Channel: "a", Data: json.RawMessage(`1 2`)}, protocol.CodeBadRequest, "data is not valid JSON"},
		"injection":    {Message{Channel: "a", Data: json.RawMessage(`1,"client_id":"root"`)}, protocol.CodeBadRequest, "data is not valid JSON"},
		"duplicates":   {Message{Channel: "a", Object: json.RawMessage(`{"a":1,"a":2}`)}, protocol.CodeBadRequest, "message is not valid JSON"},
		"deep":         {Message{Channel: "a", Data: json.RawMessage(strings.Repeat("[", 99) + strings.Repeat("]", 99))}, protocol.CodeBadRequest, "nested too deep"},
		"long id":      {Message{Channel: "a", Data: json.RawMessage(`1`), ID: strings.Repeat("i", 129)}, protocol.CodeBadRequest, "at most 128 bytes"},
		"long event":   {Message{Channel: "a", Data: json.RawMessage(`1`), Event: strings.Repeat("e", 129)}, protocol.CodeBadRequest, "at most 128 bytes"},
		"long key":     {Message{Channel: "a", Data: json.RawMessage(`1`), Key: strings.Repeat("k", 129)}, protocol.CodeBadRequest, "at most 128 bytes"},
		"no channel":   {Message{Data: json.RawMessage(`1`)}, protocol.CodeBadChannel, "has 0 bytes"},
		"much too big": {Message{Channel: "a", Data: json.RawMessage(`"` + strings.Repeat("x", 2<<20) + `"`)}, protocol.CodeTooLarge, "max_message_size"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Publish(t.Context(), tt.m)
			var e *Error
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Message, tt.text) {
				t.Errorf("%v, want %s with %q", err, tt.code, tt.text)
			}
		})
	}
	if n := r.inFlight(); n != 0 {
		t.Errorf("%d in flight", n)
	}
}

// Clients publish where a rule lets them, the first that matches, and the
// answer says why not elsewhere.
func TestClientPublish(t *testing.T) {
	cfg := secured()
	cfg.Rules = []Rule{{Match: "chat.closed"}, {Match: "chat.*", ClientPublish: true}, {Match: "quotes.>"}}
	r := start(t, cfg)
	c, sub := r.connect("/ws/c?token=u7"), r.connect("/ws/sub?token=u8")
	for channel, allowed := range map[string]bool{"chat.a": true, "chat.closed": false, "chat": false, "chat.a.b": false, "quotes.x": false, "other": false} {
		sub.subscribe(channel)
		c.send(`{"type":"publish","channel":%q,"data":{"x":1},"event":"e","message_id":"m","key":"k","id":4}`, channel)
		want := object{"type": "publish_result", "channel": channel, "success": true, "message_id": "m", "duplicate": false, "id": 4.0}
		if !allowed {
			want = object{
				"type": "publish_result", "channel": channel, "success": false, "message_id": "m", "id": 4.0,
				"code": "forbidden", "message": "clients may not publish to this channel",
			}
		}
		if diff := cmp.Diff(want, c.message()); diff != "" {
			t.Errorf("publish to %q (-want +got):\n%s", channel, diff)
		}
		if !allowed {
			sub.pong()
			continue
		}
		want = object{"type": "message", "channel": channel, "data": map[string]any{"x": 1.0}, "event": "e", "message_id": "m", "client_id": "c", "user_id": "u7"}
		if diff := cmp.Diff(want, sub.message().without("timestamp")); diff != "" {
			t.Errorf("message on %q (-want +got):\n%s", channel, diff)
		}
	}
}

// No field that the server owns can be forged by a client, in whatever command.
func TestForgedFields(t *testing.T) {
	r := start(t, open())
	c, sub := r.connect("/ws/mallory"), r.connect("/ws/sub")
	sub.subscribe("a")
	const forged = `"client_id":"victim","user_id":"root","timestamp":"1970-01-01T00:00:00Z","seq":7,"cursor":"x","replay":true,"merged":1,"patch":{},"session":"s"`
	for command, want := range map[string]object{
		`"type":"publish","data":1`:                            {"type": "message", "data": 1.0},
		`"type":"publish","data":{"client_id":"victim"}`:       {"type": "message", "data": map[string]any{"client_id": "victim"}},
		`"type":"chat_message","message":"hi","data":{"a":1}`:  {"type": "chat_message", "message": "hi"},
		`"type":"typing_indicator","is_typing":true,"event":1`: {"type": "typing_indicator", "is_typing": true},
	} {
		c.send(`{"channel":"a",%s,%s}`, command, forged)
		got := sub.message()
		if stamp := got.str("timestamp"); !strings.HasSuffix(stamp, "+00:00") || strings.HasPrefix(stamp, "1970") {
			t.Errorf("%s: timestamp %q", command, stamp)
		}
		want["client_id"], want["channel"] = "mallory", "a"
		if diff := cmp.Diff(want, got.without("timestamp")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", command, diff)
		}
	}
}

// OnPublish may change a message or refuse it; Error is shown, the cause of
// another error is not.
func TestOnPublish(t *testing.T) {
	cfg := open()
	cfg.Rules = []Rule{{Match: ">", ClientPublish: true}}
	cfg.Hooks.OnPublish = func(_ context.Context, c Client, m *Message) error {
		switch m.Event {
		case "stamp":
			m.Object, m.Data, m.Event = fmt.Appendf(nil, `{"type":"order","by":%q,"was":%s,"client_id":"forged"}`, c.ID, m.Data), nil, ""
		case "move":
			m.Channel = "b"
		case "internal":
			m.Channel = "@all"
		case "shown":
			return &Error{Code: protocol.CodeRateLimited, Message: "slower", RetryAfter: 1500e6}
		case "hidden":
			return errors.New("database password")
		}
		return nil
	}
	r := start(t, cfg)
	c := r.connect("/ws/c")
	sub := r.connect("/ws/sub")
	sub.subscribe("a")
	sub.subscribe("b")
	publish := func(event string) object {
		c.send(`{"type":"publish","channel":"a","data":5,"event":%q}`, event)
		return c.want("publish_result")
	}
	if o := publish("stamp"); o["success"] != true {
		t.Error(o)
	}
	if o := sub.want("order"); o.str("by") != "c" || o["was"] != 5.0 || o.str("client_id") != "c" || o.str("channel") != "a" {
		t.Error(o)
	}
	publish("move")
	if o := sub.want("message"); o.str("channel") != "b" {
		t.Error(o)
	}
	if o := publish("internal"); o["success"] != false || o.str("code") != "bad_channel" {
		t.Error(o)
	}
	if o := publish("shown"); o["success"] != false || o.str("code") != "rate_limited" || o.str("message") != "slower" || o["retry_after_ms"] != 1500.0 {
		t.Error(o)
	}
	if o := publish("hidden"); o.str("code") != "forbidden" || o.str("message") != "not allowed" {
		t.Error(o)
	}
	sub.pong()
	if _, err := r.Publish(t.Context(), Message{Channel: "a", Data: json.RawMessage(`1`), Event: "hidden"}); err != nil {
		t.Errorf("the hook is for clients, but the server's Publish got %v", err)
	}
}
