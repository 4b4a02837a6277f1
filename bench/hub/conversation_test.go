package hub

import (
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	cases := []struct {
		name, text string
		want       string // what the answer contains
		subscribes string
	}{
		{"ping", `{"type":"ping","timestamp":7}`, `"client_timestamp":7`, ""},
		{"subscribe", `{"type":"subscribe","channel":"quotes.AAPL","id":3}`, `"success":true,"id":3`, "quotes.AAPL"},
		{"no channel", `{"type":"subscribe"}`, `"type":"error"`, ""},
		{"bad channel", `{"type":"subscribe","channel":"@x"}`, `"code":"bad_channel"`, ""},
		{"unknown", `{"type":"dance"}`, `Unknown message type: dance`, ""},
		{"no JSON", `hello`, `Invalid JSON format`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			subscribed := ""
			got := string(Answer(nil, []byte(c.text), func(channel string) { subscribed = channel }))
			if !strings.Contains(got, c.want) || subscribed != c.subscribes {
				t.Errorf("got %s and a subscription to %q", got, subscribed)
			}
		})
	}
}

func TestGreet(t *testing.T) {
	got := string(Greet([]byte("x")))
	for _, want := range []string{`x{"type":"connection_established"`, `"client_id":"ws_`, `"session":"`, `"heartbeat_interval":30`, `"max_channels":1024`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s has no %s", got, want)
		}
	}
}
