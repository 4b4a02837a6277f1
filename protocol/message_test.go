package protocol

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// appender is what every server message is.
type appender interface{ AppendJSON(dst []byte) []byte }

var (
	_ appender = ConnectionEstablished{}
	_ appender = ChatMessage{}
	_ appender = TypingIndicator{}
)

const noon = `"2026-01-20T10:30:00.123456+00:00"`

func at() time.Time {
	return time.Date(2026, 1, 20, 19, 30, 0, 123456789, time.FixedZone("KST", 9*3600))
}

// goldens are the messages exactly as they stand on the wire.
func goldens() []struct {
	name    string
	message appender
	want    string
} {
	id := jsontext.Value(`"r-1"`)
	failed := Errorf(CodeBadChannel, "no \"*\"")
	return []struct {
		name    string
		message appender
		want    string
	}{
		{
			"connection_established",
			ConnectionEstablished{
				ClientID: "test_client_001", Timestamp: at(), Session: "s3cret", UserID: "u1", Node: "n1",
				HeartbeatInterval: 30 * time.Second, Limits: Limits{MaxMessageSize: 1048576, MaxChannels: 1024},
			},
			`{"type":"connection_established","client_id":"test_client_001","timestamp":` + noon + `,"session":"s3cret","user_id":"u1","node":"n1","heartbeat_interval":30,"limits":{"max_message_size":1048576,"max_channels":1024}}`,
		},
		{
			"connection_established, anonymous, no heartbeat",
			ConnectionEstablished{ClientID: "c", Timestamp: at(), HeartbeatInterval: -1},
			`{"type":"connection_established","client_id":"c","timestamp":` + noon + `,"heartbeat_interval":0,"limits":{"max_message_size":0,"max_channels":0}}`,
		},
		{"auth_required", AuthRequired{Timeout: 5 * time.Second}, `{"type":"auth_required","timeout":5}`},
		{"auth_required, fraction", AuthRequired{Timeout: 1500 * time.Millisecond}, `{"type":"auth_required","timeout":1.5}`},
		{
			"auth_result",
			AuthResult{Success: true, UserID: "u1", ExpiresAt: at(), ID: id},
			`{"type":"auth_result","success":true,"user_id":"u1","expires_at":` + noon + `,"id":"r-1"}`,
		},
		{
			"auth_result, failure",
			AuthResult{Code: CodeInvalidToken, Message: "token refused"},
			`{"type":"auth_result","success":false,"code":"invalid_token","message":"token refused"}`,
		},
		{"token_expiring", TokenExpiring{ExpiresAt: at()}, `{"type":"token_expiring","expires_at":` + noon + `}`},
		{
			"pong",
			Pong{Timestamp: at(), ClientTimestamp: jsontext.Value("17"), ID: jsontext.Value("7")},
			`{"type":"pong","timestamp":` + noon + `,"client_timestamp":17,"id":7}`,
		},
		{"pong, bare", Pong{Timestamp: at()}, `{"type":"pong","timestamp":` + noon + `}`},
		{"subscription_result", SubscriptionResult{Channel: "시세", Success: true}, `{"type":"subscription_result","channel":"시세","success":true}`},
		{
			"subscription_result, failure",
			SubscriptionResult{Channel: "a*", Error: failed, ID: id},
			`{"type":"subscription_result","channel":"a*","success":false,"code":"bad_channel","message":"no \"*\"","id":"r-1"}`,
		},
		{
			"subscription_result, resumed",
			SubscriptionResult{Channel: "a", Success: true, MaxRate: 2.5, Recovery: &Recovery{Recovered: true, Epoch: "e", Oldest: 3, Top: 9}},
			`{"type":"subscription_result","channel":"a","success":true,"max_rate":2.5,"recovered":true,"epoch":"e","oldest":3,"top":9}`,
		},
		{"unsubscription_result", UnsubscriptionResult{Channel: "a", Success: true, ID: id}, `{"type":"unsubscription_result","channel":"a","success":true,"id":"r-1"}`},
		{
			"unsubscription_result, failure",
			UnsubscriptionResult{Channel: "a*", Error: failed},
			`{"type":"unsubscription_result","channel":"a*","success":false,"code":"bad_channel","message":"no \"*\""}`,
		},
		{"subscriptions_result", SubscriptionsResult{Channels: []string{"a", "b"}, ID: id}, `{"type":"subscriptions_result","channels":["a","b"],"id":"r-1"}`},
		{"subscriptions_result, none", SubscriptionsResult{}, `{"type":"subscriptions_result","channels":[]}`},
		{"subscription_lost", SubscriptionLost{Channel: "a", Reason: "unsubscribed by the server"}, `{"type":"subscription_lost","channel":"a","reason":"unsubscribed by the server"}`},
		{
			"publish_result",
			PublishResult{Channel: "a", Success: true, MessageID: "m1", Seq: 4, Cursor: "c4", Duplicate: true, ID: id},
			`{"type":"publish_result","channel":"a","success":true,"message_id":"m1","seq":4,"cursor":"c4","duplicate":true,"id":"r-1"}`,
		},
		{
			"publish_result, live channel",
			PublishResult{Channel: "a", Success: true, MessageID: "m1"},
			`{"type":"publish_result","channel":"a","success":true,"message_id":"m1","duplicate":false}`,
		},
		{
			"publish_result, failure",
			PublishResult{Channel: "a", Error: &Error{Code: CodeRateLimited, Message: "slow down", RetryAfter: 250 * time.Millisecond}},
			`{"type":"publish_result","channel":"a","success":false,"code":"rate_limited","message":"slow down","retry_after_ms":250}`,
		},
		{
			"notification_ack_response",
			NotificationAckResponse{NotificationID: jsontext.Value("17"), Timestamp: at(), ID: id},
			`{"type":"notification_ack_response","notification_id":17,"acknowledged":true,"timestamp":` + noon + `,"id":"r-1"}`,
		},
		{
			"history_result",
			HistoryResult{Channel: "a", Messages: []json.RawMessage{[]byte(`{"x":1}`), []byte(`{"x":2}`)}, Epoch: "e", Oldest: 1, Top: 2, ID: id},
			`{"type":"history_result","channel":"a","messages":[{"x":1},{"x":2}],"epoch":"e","oldest":1,"top":2,"id":"r-1"}`,
		},
		{"history_result, empty", HistoryResult{Channel: "a", Epoch: "e"}, `{"type":"history_result","channel":"a","messages":[],"epoch":"e","oldest":0,"top":0}`},
		{
			"presence_result",
			PresenceResult{Channel: "a", Members: []Member{{"c1", "u1"}, {"c2", ""}}, Count: 2, ID: id},
			`{"type":"presence_result","channel":"a","members":[{"client_id":"c1","user_id":"u1"},{"client_id":"c2"}],"count":2,"id":"r-1"}`,
		},
		{"presence_result, empty", PresenceResult{Channel: "a"}, `{"type":"presence_result","channel":"a","members":[],"count":0}`},
		{"error", NewErrorMessage(errInvalidJSON, id), `{"type":"error","code":"bad_request","message":"Invalid JSON format","id":"r-1"}`},
		{
			"error, retry", NewErrorMessage(&Error{Code: CodeRateLimited, Message: "slow down", RetryAfter: time.Microsecond}, nil),
			`{"type":"error","code":"rate_limited","message":"slow down","retry_after_ms":1}`,
		},
		{"heartbeat", Heartbeat{Timestamp: at()}, `{"type":"heartbeat","timestamp":` + noon + `}`},
		{"gap", Gap{Channel: "a", Lost: 12, Reason: "slow"}, `{"type":"gap","channel":"a","lost":12,"reason":"slow"}`},
		{
			"resync",
			Resync{Channel: "a", Reason: "trimmed", Epoch: "e", Oldest: 5, Top: 9},
			`{"type":"resync","channel":"a","reason":"trimmed","epoch":"e","oldest":5,"top":9}`,
		},
		{"reconnect", Reconnect{Within: 20 * time.Second, Reason: "drain"}, `{"type":"reconnect","within_ms":20000,"reason":"drain"}`},
		{"degraded", Degraded{Reason: "broker", Timestamp: at()}, `{"type":"degraded","reason":"broker","timestamp":` + noon + `}`},
		{"restored", Restored{Timestamp: at()}, `{"type":"restored","timestamp":` + noon + `}`},
		{
			"chat_message",
			ChatMessage{ClientID: "c", UserID: "u", Channel: "general", Message: "안녕 \"you\"\n<b>\u2028", Timestamp: at()},
			`{"type":"chat_message","client_id":"c","user_id":"u","channel":"general","message":"안녕 \"you\"\n<b>` + "\u2028" + `","timestamp":` + noon + `}`,
		},
		{
			"chat_message, anonymous",
			ChatMessage{ClientID: "c", Channel: "general", Timestamp: at()},
			`{"type":"chat_message","client_id":"c","channel":"general","message":"","timestamp":` + noon + `}`,
		},
		{
			"typing_indicator",
			TypingIndicator{ClientID: "c", UserID: "u", Channel: "general", IsTyping: true, Timestamp: at()},
			`{"type":"typing_indicator","client_id":"c","user_id":"u","channel":"general","is_typing":true,"timestamp":` + noon + `}`,
		},
		{
			"typing_indicator, anonymous",
			TypingIndicator{ClientID: "c", Channel: "general", Timestamp: at()},
			`{"type":"typing_indicator","client_id":"c","channel":"general","is_typing":false,"timestamp":` + noon + `}`,
		},
	}
}

func TestAppendJSON(t *testing.T) {
	for _, test := range goldens() {
		t.Run(test.name, func(t *testing.T) {
			got := test.message.AppendJSON([]byte("before"))
			if string(got) != "before"+test.want {
				t.Errorf("got  %s\nwant before%s", got, test.want)
			}
			// Every message is a strict JSON object, and so reads back.
			c, err := DecodeCommand([]byte(test.want))
			if err != nil || c.Type == "" {
				t.Errorf("reads back as %q, %v", c.Type, err)
			}
		})
	}
}

// What a client sends in text must not break out of the message, even where it
// is not UTF-8.
func TestAppendJSONEscapes(t *testing.T) {
	for _, text := range []string{`","x":"`, "\x00\x1f\"\\", "\xff\xfe", "\u2028\u2029", "</script>"} {
		b := ChatMessage{ClientID: text, UserID: text, Channel: text, Message: text, Timestamp: at()}.AppendJSON(nil)
		if !jsontext.Value(b).IsValid() {
			t.Errorf("%q gives %s", text, b)
		}
	}
}

// It is what the layout says, whatever the digits.
func TestAppendTimeLayout(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		at := time.Unix(random.Int64N(1<<33)-1<<31, random.Int64N(1e9)/(1+random.Int64N(1e6)))
		if got, want := string(AppendTime([]byte("t="), at)), "t="+at.UTC().Format("2006-01-02T15:04:05.000000-07:00"); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, test := range []struct {
		name string
		time time.Time
		want string
	}{
		{"another zone, nanoseconds", at(), "2026-01-20T10:30:00.123456+00:00"},
		{"whole second", time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), "2026-12-31T23:59:59.000000+00:00"},
		{"zero", time.Time{}, "0001-01-01T00:00:00.000000+00:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(AppendTime(nil, test.time)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := string(AppendQuotedTime([]byte("x"), test.time)); got != `x"`+test.want+`"` {
				t.Errorf("quoted %s", got)
			}
			back, err := time.Parse(time.RFC3339, test.want)
			if err != nil || !back.Equal(test.time.Truncate(time.Microsecond)) {
				t.Errorf("reads back as %v, %v", back, err)
			}
		})
	}
}
