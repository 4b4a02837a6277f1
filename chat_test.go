package outcry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Chat and typing go to the subscribers of their channel, "general" where none
// is named, with the sender as the server knows it. The sender need not be
// subscribed, and no rule is needed.
func TestChat(t *testing.T) {
	r := start(t, secured())
	alice, bob := r.connect("/ws/alice?token=u1"), r.connect("/ws/bob?token=u2")
	bob.subscribe("general")
	bob.subscribe("room.1")
	for command, want := range map[string]object{
		`"type":"chat_message","message":"hi"`:                                   {"type": "chat_message", "channel": "general", "message": "hi"},
		`"type":"chat_message","channel":"room.1","message":""`:                  {"type": "chat_message", "channel": "room.1", "message": ""},
		`"type":"chat_message","channel":"","message":"\u0000한 <b>\ud83d\ude00"`: {"type": "chat_message", "channel": "general", "message": "\x00한 <b>😀"},
		`"type":"typing_indicator","is_typing":true`:                             {"type": "typing_indicator", "channel": "general", "is_typing": true},
		`"type":"typing_indicator","channel":"room.1","is_typing":false`:         {"type": "typing_indicator", "channel": "room.1", "is_typing": false},
	} {
		alice.send(`{%s}`, command)
		want["client_id"], want["user_id"] = "alice", "u1"
		got := bob.message()
		if !strings.HasSuffix(got.str("timestamp"), "+00:00") {
			t.Errorf("%s: timestamp %v", command, got["timestamp"])
		}
		if diff := cmp.Diff(want, got.without("timestamp")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", command, diff)
		}
	}
	alice.pong() // nothing but failures is answered
	for _, command := range []string{
		`"type":"chat_message"`, `"type":"chat_message","message":5`, `"type":"chat_message","message":null`,
		`"type":"typing_indicator","is_typing":"yes"`, `"type":"chat_message","channel":"#","message":"m"`,
	} {
		alice.send(`{%s,"id":"x"}`, command)
		if o := alice.want("error"); o.str("id") != "x" {
			t.Errorf("%s: %v", command, o)
		}
	}
	alice.send(`{"type":"chat_message","message":"%s"}`, strings.Repeat("x", 1<<20-100))
	if o := bob.want("chat_message"); len(o.str("message")) != 1<<20-100 {
		t.Errorf("a long message arrived with %d bytes", len(o.str("message")))
	}
}

func TestNotificationAck(t *testing.T) {
	type ack struct{ client, id string }
	acks := make(chan ack, 10)
	cfg := open()
	cfg.Hooks.OnNotificationAck = func(_ context.Context, c Client, id string) { acks <- ack{c.ID, id} }
	r := start(t, cfg)
	c := r.connect("/ws/c")
	for sent, want := range map[string]struct {
		echo any
		id   string
	}{`"n-1"`: {"n-1", "n-1"}, `17`: {17.0, "17"}, `"\u0061"`: {"a", "a"}} {
		c.send(`{"type":"notification_ack","notification_id":%s,"id":1}`, sent)
		o := c.want("notification_ack_response")
		if o["notification_id"] != want.echo || o["acknowledged"] != true || o["id"] != 1.0 || o.str("timestamp") == "" {
			t.Errorf("%s: %v", sent, o)
		}
		if got := <-acks; got != (ack{"c", want.id}) {
			t.Errorf("%s: hook got %v", sent, got)
		}
	}
	for _, bad := range []string{`""`, `null`, `1.5`, `{}`, `"` + strings.Repeat("n", 129) + `"`} {
		c.send(`{"type":"notification_ack","notification_id":%s}`, bad)
		c.want("error")
	}
	if len(acks) != 0 {
		t.Errorf("the hook got %v", <-acks)
	}
}

// chronicle is a Broker with a history of its own.
type chronicle struct {
	*memoryBroker
	asked HistoryQuery
}

// History implements Broker.
func (b *chronicle) History(_ context.Context, channel string, q HistoryQuery) (HistoryPage, error) {
	b.asked = q
	if channel == "down" {
		return HistoryPage{}, fmt.Errorf("read log: %w", ErrUnavailable)
	}
	return HistoryPage{Messages: []json.RawMessage{[]byte(`{"seq":4}`), []byte(`{"seq":5}`)}, Epoch: "e1", Oldest: 2, Top: 5}, nil
}

// A client reads the log of a channel as the broker tells it.
func TestHistory(t *testing.T) {
	b := &chronicle{memoryBroker: newMemoryBroker()}
	cfg := open()
	cfg.Broker = b
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.send(`{"type":"history","channel":"a","since":"x1","limit":2,"id":1}`)
	want := object{
		"type": "history_result", "channel": "a", "messages": []any{map[string]any{"seq": 4.0}, map[string]any{"seq": 5.0}},
		"epoch": "e1", "oldest": 2.0, "top": 5.0, "id": 1.0,
	}
	if diff := cmp.Diff(want, c.message()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if b.asked != (HistoryQuery{Since: "x1", Limit: 2}) {
		t.Errorf("the broker was asked %+v", b.asked)
	}
	for command, code := range map[string]string{`"channel":"down"`: "unavailable", `"limit":1`: "bad_request", `"channel":"a","limit":-1`: "bad_request"} {
		c.send(`{"type":"history",%s,"id":2}`, command)
		if o := c.want("error"); o.str("code") != code || o["id"] != 2.0 {
			t.Errorf("%s: %v, want %s", command, o, code)
		}
	}
}

func TestPresence(t *testing.T) {
	cfg := secured()
	cfg.Rules = []Rule{{Match: "room.*", Presence: true}}
	r := start(t, cfg)
	a, b := r.connect("/ws/a?token=u1"), r.connect("/ws/b?token=u2")
	a.send(`{"type":"history","channel":"x","id":1}`)
	if o := a.want("error"); o.str("code") != "no_history" || o["id"] != 1.0 {
		t.Error(o)
	}
	a.send(`{"type":"presence","id":1}`)
	if o := a.want("error"); o.str("code") != "bad_request" || o["id"] != 1.0 {
		t.Error(o)
	}
	a.send(`{"type":"presence","channel":"x","id":2}`)
	if o := a.want("error"); o.str("code") != "no_presence" || o["id"] != 2.0 {
		t.Error(o)
	}
	b.subscribe("room.1")
	a.subscribe("room.1")
	a.subscribe("room.*") // listens, but is on no channel for that
	members := func(want ...any) {
		t.Helper()
		a.send(`{"type":"presence","channel":"room.1","id":3}`)
		got := a.want("presence_result")
		if diff := cmp.Diff(object{"type": "presence_result", "channel": "room.1", "members": append([]any{}, want...), "count": float64(len(want)), "id": 3.0}, got); diff != "" {
			t.Errorf("presence (-want +got):\n%s", diff)
		}
	}
	isA, isB := map[string]any{"client_id": "a", "user_id": "u1"}, map[string]any{"client_id": "b", "user_id": "u2"}
	members(isA, isB)
	a.send(`{"type":"unsubscribe","channel":"room.1"}`)
	a.want("unsubscription_result")
	members(isB)
	b.conn.Close()
	eventually(t, "b is gone", func() bool { return r.active.Load() == 1 })
	a.pong()
	members()
}
