package protocol

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// decode reads a command that has to be valid, given without its type.
func decode(t *testing.T, fields string) *Command {
	t.Helper()
	if fields != "" {
		fields = "," + fields
	}
	c, err := DecodeCommand([]byte(`{"type":"x"` + fields + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// view is one method of Command; want and the value of the method are compared
// where err is empty.
type view struct {
	name, fields string
	want         any
	err          string
}

func testViews[T any](t *testing.T, method func(*Command) (T, *Error), views []view) {
	t.Helper()
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			got, err := method(decode(t, v.fields))
			if err != nil {
				if err.Error() != v.err {
					t.Errorf("error = %v, want %s", err, v.err)
				}
				return
			}
			if v.err != "" {
				t.Fatalf("no error, want %s", v.err)
			}
			if diff := cmp.Diff(v.want, any(got), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPing(t *testing.T) {
	for _, test := range []struct{ name, fields, want string }{
		{"none", ``, ""},
		{"number", `"timestamp":1768905000.123`, "1768905000.123"},
		{"string", `"timestamp":"now"`, `"now"`},
		{"null", `"timestamp":null`, "null"},
		{"beyond 2^53", `"timestamp":9007199254740993`, "9007199254740993"},
		{"too long to repeat", `"timestamp":"` + strings.Repeat("x", 256) + `"`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := decode(t, test.fields).Ping(); string(got) != test.want {
				t.Errorf("timestamp = %s, want %s", got, test.want)
			}
		})
	}
}

// list is a JSON array of n channel names.
func list(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(`"c",`, n), ",") + "]" }

func TestSubscribe(t *testing.T) {
	const missing = "bad_request: Channel name required for subscription"
	const badList = `bad_request: "channels" must be an array of at most 256 strings`
	testViews(t, (*Command).Subscribe, []view{
		{"one", `"channel":"quotes.AAPL"`, Subscribe{Channels: []string{"quotes.AAPL"}}, ""},
		{"escaped", `"channel":"\u0061\/b"`, Subscribe{Channels: []string{"a/b"}}, ""},
		{"several", `"channels":["a","b"]`, Subscribe{Channels: []string{"a", "b"}}, ""},
		{"both", `"channels":["b","c"],"channel":"a"`, Subscribe{Channels: []string{"a", "b", "c"}}, ""},
		{"names are not checked", `"channels":["","@all","a b"]`, Subscribe{Channels: []string{"", "@all", "a b"}}, ""},
		{"256", `"channels":` + list(256), Subscribe{Channels: strings.Split(strings.Repeat("c", 256), "")}, ""},
		{
			"options", `"channel":"a","since":"5m","last":50,"max_rate":2.5,"snapshot":true,"delta":false`,
			Subscribe{Channels: []string{"a"}, Since: "5m", Last: 50, MaxRate: 2.5, Snapshot: true},
			"",
		},
		{
			"null options", `"channel":"a","channels":null,"since":null,"last":null,"max_rate":null,"snapshot":null,"delta":null`,
			Subscribe{Channels: []string{"a"}},
			"",
		},
		{"none", ``, nil, missing},
		{"empty", `"channel":""`, nil, missing},
		{"null", `"channel":null`, nil, missing},
		{"empty list", `"channels":[]`, nil, missing},
		{"number", `"channel":5`, nil, `bad_request: "channel" must be a string`},
		{"list as channel", `"channel":["a"]`, nil, `bad_request: "channel" must be a string`},
		{"string as list", `"channels":"a"`, nil, badList},
		{"null in list", `"channels":["a",null]`, nil, badList},
		{"list in list", `"channels":[["a"]]`, nil, badList},
		{"257", `"channels":` + list(257), nil, badList},
		{"256 and one", `"channel":"a","channels":` + list(256), nil, badList},
		{"far too long a name", `"channel":"` + strings.Repeat("x", 257) + `"`, nil, "bad_channel: a channel name has 257 bytes; 1 to 128 are allowed"},
		{"far too long a name in a list", `"channels":["a","` + strings.Repeat("x", 300) + `"]`, nil, "bad_channel: a channel name has 300 bytes; 1 to 128 are allowed"},
		{"since number", `"channel":"a","since":5`, nil, `bad_request: "since" must be a string`},
		{"since too long", `"channel":"a","since":"` + strings.Repeat("x", 129) + `"`, nil, `bad_request: "since" is longer than 128 bytes`},
		{"last negative", `"channel":"a","last":-1`, nil, `bad_request: "last" must be an integer between 0 and 2147483647`},
		{"last beyond 2^53", `"channel":"a","last":9007199254740993`, nil, `bad_request: "last" must be an integer between 0 and 2147483647`},
		{"last 1e3", `"channel":"a","last":1e3`, nil, `bad_request: "last" must be an integer between 0 and 2147483647`},
		{"last string", `"channel":"a","last":"5"`, nil, `bad_request: "last" must be an integer between 0 and 2147483647`},
		{"rate 1e400", `"channel":"a","max_rate":1e400`, nil, `bad_request: "max_rate" must be a number greater than 0`},
		{"rate zero", `"channel":"a","max_rate":0`, nil, `bad_request: "max_rate" must be a number greater than 0`},
		{"rate string", `"channel":"a","max_rate":"5"`, nil, `bad_request: "max_rate" must be a number greater than 0`},
		{"snapshot number", `"channel":"a","snapshot":1`, nil, `bad_request: "snapshot" must be true or false`},
		{"first error wins", `"channel":5,"last":-1`, nil, `bad_request: "channel" must be a string`},
	})
}

func TestUnsubscribe(t *testing.T) {
	testViews(t, (*Command).Unsubscribe, []view{
		{"one", `"channel":"a"`, Unsubscribe{Channels: []string{"a"}}, ""},
		{"several", `"channels":["a","b"]`, Unsubscribe{Channels: []string{"a", "b"}}, ""},
		{"none", ``, nil, "bad_request: Channel name required for unsubscription"},
		{"number", `"channel":5`, nil, `bad_request: "channel" must be a string`},
	})
}

func TestPublish(t *testing.T) {
	testViews(t, (*Command).Publish, []view{
		{
			"all", `"channel":"a","data":{"p":1},"event":"trade","message_id":"m1","key":"AAPL"`,
			Publish{Channel: "a", Data: []byte(`{"p":1}`), Event: "trade", MessageID: "m1", Key: "AAPL"},
			"",
		},
		{"null data", `"channel":"a","data":null`, Publish{Channel: "a", Data: []byte("null")}, ""},
		{"large integer stays as written", `"channel":"a","data":123456789012345678901234567890`, Publish{Channel: "a", Data: []byte("123456789012345678901234567890")}, ""},
		{"no channel", `"data":1`, nil, "bad_request: Channel name required for publishing"},
		{"no data", `"channel":"a"`, nil, `bad_request: "data" is missing; it may be any JSON value`},
		{"event number", `"channel":"a","data":1,"event":1`, nil, `bad_request: "event" must be a string`},
		{"message_id too long", `"channel":"a","data":1,"message_id":"` + strings.Repeat("x", 129) + `"`, nil, `bad_request: "message_id" is longer than 128 bytes`},
		{"key list", `"channel":"a","data":1,"key":[]`, nil, `bad_request: "key" must be a string`},
	})
	t.Run("channel beside an error", func(t *testing.T) {
		p, err := decode(t, `"channel":"a"`).Publish()
		if err == nil || p.Channel != "a" {
			t.Errorf("channel = %q, error %v", p.Channel, err)
		}
	})
}

func TestChatMessage(t *testing.T) {
	testViews(t, (*Command).ChatMessage, []view{
		{"channel", `"channel":"room","message":"안녕"`, ChatMessage{Channel: "room", Message: "안녕"}, ""},
		{"default channel", `"message":"hi"`, ChatMessage{Channel: "general", Message: "hi"}, ""},
		{"null channel", `"message":"hi","channel":null`, ChatMessage{Channel: "general", Message: "hi"}, ""},
		{"empty message", `"message":""`, ChatMessage{Channel: "general"}, ""},
		{"sender is not the client's to say", `"message":"hi","client_id":"x","user_id":"y"`, ChatMessage{Channel: "general", Message: "hi"}, ""},
		{"no message", ``, nil, `bad_request: "message" must be a string`},
		{"number", `"message":1`, nil, `bad_request: "message" must be a string`},
		{"channel number", `"message":"hi","channel":1`, nil, `bad_request: "channel" must be a string`},
	})
}

func TestTypingIndicator(t *testing.T) {
	testViews(t, (*Command).TypingIndicator, []view{
		{"on", `"channel":"room","is_typing":true`, TypingIndicator{Channel: "room", IsTyping: true}, ""},
		{"off", `"is_typing":false`, TypingIndicator{Channel: "general"}, ""},
		{"missing", `"channel":"room"`, nil, `bad_request: "is_typing" must be true or false`},
		{"string", `"is_typing":"true"`, nil, `bad_request: "is_typing" must be true or false`},
	})
}

func TestNotificationAck(t *testing.T) {
	const bad = `bad_request: "notification_id" must be a non-empty string or an integer`
	testViews(t, (*Command).NotificationAck, []view{
		{"string", `"notification_id":"n-1"`, NotificationAck{NotificationID: "n-1", RawID: []byte(`"n-1"`)}, ""},
		{"integer", `"notification_id":17`, NotificationAck{NotificationID: "17", RawID: []byte("17")}, ""},
		{"missing", ``, nil, bad},
		{"empty", `"notification_id":""`, nil, bad},
		{"null", `"notification_id":null`, nil, bad},
		{"fraction", `"notification_id":1.5`, nil, bad},
		{"beyond 2^53", `"notification_id":9007199254740993`, nil, bad},
		{"too long", `"notification_id":"` + strings.Repeat("x", 129) + `"`, nil, `bad_request: "notification_id" is longer than 128 bytes`},
	})
}

func TestHistory(t *testing.T) {
	testViews(t, (*Command).History, []view{
		{"all", `"channel":"a","since":"c1","limit":10`, History{Channel: "a", Since: "c1", Limit: 10}, ""},
		{"no channel", `"limit":10`, nil, "bad_request: Channel name required for history"},
		{"limit negative", `"channel":"a","limit":-1`, nil, `bad_request: "limit" must be an integer between 0 and 2147483647`},
	})
}

func TestPresence(t *testing.T) {
	testViews(t, (*Command).Presence, []view{
		{"channel", `"channel":"a"`, "a", ""},
		{"no channel", ``, nil, "bad_request: Channel name required for presence"},
	})
}

func TestAuth(t *testing.T) {
	testViews(t, (*Command).Auth, []view{
		{"token", `"token":"a.b.c"`, "a.b.c", ""},
		{"missing", ``, nil, `bad_request: "token" must be a non-empty string`},
		{"number", `"token":1`, nil, `bad_request: "token" must be a string`},
	})
}
