package httpapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/outcry-dev/outcry/protocol"
)

func TestDecodePublication(t *testing.T) {
	long := strings.Repeat("x", 129)
	tests := []struct{ name, body, want string }{
		{"empty", ``, "the body is empty; send a JSON object"},
		{"blank", " \n", "the body is empty; send a JSON object"},
		{"null", `null`, "the body must be an object, not null"},
		{"array", `[]`, "the body must be an object, not an array"},
		{"string", `"x"`, "the body must be an object, not a string"},
		{"number", `1e400`, "the body must be an object, not a number"},
		{"boolean", `true`, "the body must be an object, not a boolean"},
		{"cut off", `{"channel":"c"`, "the JSON ends early, at byte 14 within the body"},
		{"trailing data", `{"channel":"c","data":1}{}`, "not valid JSON at byte 24 within the body: invalid character '{' after top-level value"},
		{"broken inside", `{"channel":"c","message":{"a":[1,}]}}`, "not valid JSON at byte 33 within /message/a/1: invalid character '}' at start of value"},
		{"bad UTF-8", "{\"channel\":\"\xff\"}", "not valid JSON at byte 12 within /channel: invalid UTF-8"},
		{"unknown field", `{"chanel":"c"}`, `unknown field "chanel" at the body; known are channel, message, data, event, message_id, key, secret`},
		{"other case", `{"Channel":"c"}`, `unknown field "Channel" at the body; known are channel, message, data, event, message_id, key, secret`},
		{"doubled field", `{"channel":"c","channel":"d"}`, `the field "channel" stands twice at the body; give it once`},
		{"doubled inside", `{"channel":"c","message":{"a":1,"a":2}}`, `the field "a" stands twice at /message; give it once`},
		{"wrong type", `{"channel":7}`, "/channel must be a string, not a number"},
		{"no channel", `{"data":1}`, "/channel is missing; give the name of a channel"},
		{"null channel", `{"channel":null,"data":1}`, "/channel is missing; give the name of a channel"},
		{"CR LF in the channel", `{"channel":"a\r\nb","data":1}`, `/channel: channel name has '\r' in it; allowed are letters and digits of any script and . _ : / @ -`},
		{"internal channel", `{"channel":"@all","data":1}`, "/channel: channel name starts with @; such names are internal"},
		{"CR LF in the event", `{"channel":"c","data":1,"event":"a\r\nb"}`, "/event contains the control character U+000D; remove it"},
		{"NUL in the id", `{"channel":"c","data":1,"message_id":"\u0000"}`, "/message_id contains the control character U+0000; remove it"},
		{"line feed in the key", `{"channel":"c","data":1,"key":"\n"}`, "/key contains the control character U+000A; remove it"},
		{"long id", `{"channel":"c","data":1,"message_id":"` + long + `"}`, "/message_id has 129 bytes; at most 128 are allowed"},
		{"neither", `{"channel":"c"}`, "the body has neither message nor data; give a JSON object as message, or any JSON value as data"},
		{"both", `{"channel":"c","data":1,"message":{}}`, "the body has both message and data; give one of them"},
		{"event of a message", `{"channel":"c","message":{},"event":"e"}`, "/event goes with data only; put the event into the message itself"},
		{"message no object", `{"channel":"c","message":[1]}`, "/message must be an object, not an array; send other values as data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodePublication([]byte(tt.body), "")
			e, ok := errors.AsType[*protocol.Error](err)
			if !ok || e.Message != tt.want {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
			if want := map[bool]protocol.Code{true: protocol.CodeBadChannel, false: protocol.CodeBadRequest}[strings.Contains(tt.want, "channel name")]; e.Code != want {
				t.Errorf("code %s, want %s", e.Code, want)
			}
		})
	}
}

// TestDecodeDeep: nesting ends in an error, not in a stack overflow (case 25).
func TestDecodeDeep(t *testing.T) {
	deep := `{"channel":"c","data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
	if _, err := decodePublication([]byte(deep), ""); err == nil || len(err.Error()) > 300 {
		t.Errorf("got %v", err)
	}
	if _, err := splitBatch([]byte(`{"messages":[` + deep + `]}`)); err == nil || len(err.Error()) > 300 {
		t.Errorf("batch: got %v", err)
	}
}

func TestSplitBatch(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", ``, "the body is empty; send a JSON object"},
		{"null", `null`, "the body must be an object, not null"},
		{"array", `[{}]`, "the body must be an object, not an array"},
		{"no messages", `{}`, "/messages is missing; give an array of messages"},
		{"null messages", `{"messages":null}`, "/messages must be an array, not null"},
		{"messages no array", `{"messages":{}}`, "/messages must be an array, not an object"},
		{"unknown field", `{"message":[]}`, `unknown field "message" at the body; known are messages`},
		{"doubled field", `{"messages":[],"messages":[]}`, `the field "messages" stands twice at the body; give it once`},
		{"trailing data", `{"messages":[]} 1`, "the body goes on after its JSON object; end it there"},
		{"cut off in the array", `{"messages":[{}`, "the JSON ends early, at byte 15"},
		{"cut off in a message", `{"messages":[{"a`, "the JSON ends early, at byte 16"},
		{"cut off after the array", `{"messages":[]`, "the JSON ends early, at byte 14"},
		{"broken", `{"messages":[}`, "not valid JSON at byte 13"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := splitBatch([]byte(tt.body))
			e, ok := errors.AsType[*protocol.Error](err)
			if !ok || e.Code != protocol.CodeBadRequest || !strings.HasPrefix(e.Message, tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	t.Run("messages are left alone", func(t *testing.T) {
		items, err := splitBatch([]byte(" {\"messages\": [null, 7, {\"a\":1,\"a\":2}, \"\xff\"]}\n"))
		if err != nil || len(items) != 4 || string(items[2]) != `{"a":1,"a":2}` {
			t.Errorf("got %q, %v", items, err)
		}
	})
}

func TestDecodeAddress(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"no message", `{"target_type":"all"}`, "/message is missing or no object; give a JSON object"},
		{"null message", `{"target_type":"all","message":null}`, "/message is missing or no object; give a JSON object"},
		{"no type", `{"message":{}}`, `/target_type is ""; allowed are all, user, channel, group and client`},
		{"unknown type", `{"target_type":"world","message":{}}`, `/target_type is "world"; allowed are all, user, channel, group and client`},
		{"all and target", `{"target_type":"all","target":"x","message":{}}`, `/target does not go with target_type "all"; leave it out`},
		{"no user", `{"target_type":"user","message":{}}`, "/target is missing; give a name or an id"},
		{"CR LF in the user", `{"target_type":"user","target":"a\r\nb","message":{}}`, "/target contains the control character U+000D; remove it"},
		{"bad client id", `{"target_type":"client","target":"a b","message":{}}`, "/target: client id has ' ' at byte 1; allowed are A-Z a-z 0-9 . _ : @ -"},
		{"internal channel", `{"target_type":"channel","target":"@all","message":{}}`, "/target: channel name starts with @; such names are internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodeAddress([]byte(tt.body))
			if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Message != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestDecodeSubscription(t *testing.T) {
	many := `"c"` + strings.Repeat(`,"c"`, maxSubscriptions)
	tests := []struct{ name, body, want string }{
		{"nobody", `{"channel":"c"}`, "the body needs one of client_id and user_id; it has both or neither"},
		{"both", `{"client_id":"c","user_id":"u","channel":"c"}`, "the body needs one of client_id and user_id; it has both or neither"},
		{"no channel", `{"client_id":"c"}`, "the body needs one of channel and channels; it has both or neither"},
		{"both kinds", `{"client_id":"c","channel":"c","channels":["d"]}`, "the body needs one of channel and channels; it has both or neither"},
		{"bad channel", `{"client_id":"c","channels":["a","b c"]}`, `/channels/1: channel name has ' ' in it; allowed are letters and digits of any script and . _ : / @ -`},
		{"empty channel", `{"client_id":"c","channels":[""]}`, "/channels/0 is missing; give the name of a channel"},
		{"too many", `{"client_id":"c","channels":[` + many + `]}`, "/channels has 101 channels; at most 100 are allowed"},
		{"bad client id", `{"client_id":"a/b","channel":"c"}`, "/client_id: client id has '/' at byte 1; allowed are A-Z a-z 0-9 . _ : @ -"},
		{"bad user", `{"user_id":"a\tb","channel":"c"}`, "/user_id contains the control character U+0009; remove it"},
		{"channels no array", `{"user_id":"a","channels":"c"}`, "/channels must be an array, not a string"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodeSubscription([]byte(tt.body))
			if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Message != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
