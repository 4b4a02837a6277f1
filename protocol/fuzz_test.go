package protocol

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Whatever comes in: no panic; an *Error, or a command that the JSON library
// reads alike and whose values can stand in replies.
func FuzzDecodeCommand(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping","timestamp":17,"id":"a"}`, `{"type":"subscribe","channels":["a","b"],"max_rate":1e400}`,
		`{"type":"publish","channel":"a","data":{"x":[1,2]},"id":-1}`, `{"\u0074ype":"x","id":"\ud83d\ude80"}`,
		`null`, `[null]`, `""`, `1e400`, `{"id":1,"id":2}`, `{"type":"ping"}x`, `{"a":[[[[[[]]]]]]}`,
		`{"type":"chat_message","message":"hi"}`, `{"type":"notification_ack","notification_id":17}`,
		`{"type":"typing_indicator","is_typing":true}`, `{"type":"auth","token":"a.b.c"}`, `{"type":"history","channel":"a","limit":5}`,
		nested(MaxDepth, ""), nested(MaxDepth-1, ""),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCommand(b)
		checkMessage(t, Pong{ID: c.ID})
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("error %v", err)
			}
			return
		}
		var want struct {
			Type string         `json:"type"`
			ID   jsontext.Value `json:"id"`
		}
		if err := json.Unmarshal(b, &want); err != nil || c.Type != want.Type || string(c.ID) != string(want.ID) {
			t.Errorf("%q is type %q, id %s; want %q, %s, %v", b, c.Type, c.ID, want.Type, want.ID, err)
		}
		checkViews(t, &c)
	})
}

// checkViews calls every method of a command and writes what they read.
func checkViews(t *testing.T, c *Command) {
	t.Helper()
	checkMessage(t, Pong{ClientTimestamp: c.Ping(), ID: c.ID})
	if s, err := c.Subscribe(); err == nil {
		checkMessage(t, SubscriptionsResult{Channels: s.Channels, ID: c.ID})
	}
	if u, err := c.Unsubscribe(); err == nil && len(u.Channels) == 0 {
		t.Error("unsubscribe without a channel")
	}
	if p, err := c.Publish(); err == nil {
		if _, err := AppendPublication(nil, &Publication{Channel: p.Channel, Data: p.Data, Event: p.Event}); err != nil {
			t.Errorf("data of a command cannot be published: %v", err)
		}
	}
	if m, err := c.ChatMessage(); err == nil {
		checkMessage(t, m)
	}
	if i, err := c.TypingIndicator(); err == nil {
		checkMessage(t, i)
	}
	if a, err := c.NotificationAck(); err == nil {
		checkMessage(t, NotificationAckResponse{NotificationID: a.RawID, ID: c.ID})
	}
	if h, err := c.History(); err == nil && (h.Channel == "" || h.Limit < 0) {
		t.Errorf("history %+v", h)
	}
	if channel, err := c.Presence(); err == nil {
		checkMessage(t, PresenceResult{Channel: channel, ID: c.ID})
	}
	if token, err := c.Auth(); err == nil && token == "" {
		t.Error("auth without a token")
	}
}

func checkMessage(t *testing.T, m appender) {
	t.Helper()
	if b := m.AppendJSON(nil); !jsontext.Value(b).IsValid() {
		t.Errorf("%T is %q", m, b)
	}
}

// Whatever is published: no panic; an *Error and dst as it was, or one strict
// JSON object whose channel and sender are those given.
func FuzzAppendPublication(f *testing.F) {
	for _, seed := range []string{
		`{"type":"quote","p":187.42}`, `{}`, ` { "a" : [ ] } `, `{"channel":"@all","channel":"x"}`, `{"\u0063hannel":"@all"}`,
		`{"seq":1,"cursor":"c","replay":true,"merged":2,"patch":true}`, `{"client_id":"x","user_id":"y","timestamp":1}`,
		`null`, `[1]`, `1,"channel":"@all"`, `"\ud800"`, `{"a":1}x`, `{"a":` + deep(64) + `}`, deep(63), deep(64),
	} {
		f.Add([]byte(seed), "quotes.AAPL", "c1")
		f.Add([]byte(seed), "a\"b", "")
	}
	f.Fuzz(func(t *testing.T, b []byte, channel, clientID string) {
		if b == nil {
			return // neither message nor data
		}
		for name, p := range map[string]Publication{"object": {Object: b}, "data": {Data: b}} {
			p.Channel, p.ClientID, p.Timestamp = channel, clientID, at()
			got, err := AppendPublication([]byte("before"), &p)
			if err != nil {
				if _, ok := errors.AsType[*Error](err); !ok || string(got) != "before" {
					t.Errorf("%s: %q, error %v", name, got, err)
				}
				continue
			}
			checkPublication(t, got[len("before"):], channel, clientID)
		}
	})
}

func checkPublication(t *testing.T, b []byte, channel, clientID string) {
	t.Helper()
	var members map[string]jsontext.Value // refuses duplicates and invalid UTF-8
	if err := json.Unmarshal(b, &members); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	for _, name := range []string{"type", "timestamp", "channel"} {
		if members[name] == nil {
			t.Errorf("%q has no %s", b, name)
		}
	}
	for _, name := range []string{"seq", "cursor", "replay", "merged", "patch"} {
		if members[name] != nil {
			t.Errorf("%q has %s", b, name)
		}
	}
	if got := unquote(members["channel"]); utf8.ValidString(channel) && got != channel {
		t.Errorf("channel = %q, want %q", got, channel)
	}
	if clientID == "" {
		return
	}
	if got := unquote(members["client_id"]); utf8.ValidString(clientID) && got != clientID {
		t.Errorf("client_id = %q, want %q", got, clientID)
	}
	if members["user_id"] != nil {
		t.Errorf("%q names a user", b)
	}
}
