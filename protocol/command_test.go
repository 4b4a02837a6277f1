package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestDecodeCommand(t *testing.T) {
	for _, test := range []struct{ name, text, msgType, id string }{
		{"no id", `{"type":"ping"}`, "ping", ""},
		{"string id", `{"type":"ping","id":"a-1"}`, "ping", `"a-1"`},
		{"integer id", `{"id":-42,"type":"ping"}`, "ping", "-42"},
		{"largest id", `{"type":"ping","id":9007199254740991}`, "ping", "9007199254740991"},
		{"longest id", `{"type":"ping","id":"` + strings.Repeat("x", 64) + `"}`, "ping", `"` + strings.Repeat("x", 64) + `"`},
		{"escaped id of 64 bytes", `{"type":"ping","id":"` + strings.Repeat(`\u0041`, 64) + `"}`, "ping", `"` + strings.Repeat(`\u0041`, 64) + `"`},
		{"white space", " {\n\t\"type\" :\r \"ping\" , \"id\" : 1 } \n", "ping", "1"},
		{"escapes in names and values", `{"\u0074ype":"p\u0069ng","i\u0064":"\u0041"}`, "ping", `"\u0041"`},
		{"custom type", `{"type":"order.new","id":1}`, "order.new", "1"},
		{"type in another script", `{"type":"주문"}`, "주문", ""},
		{"unknown fields", `{"type":"ping","x":{"type":"y"},"":[],"id":1,"ID":2}`, "ping", "1"},
		{"64 levels", nested(MaxDepth-1, `"id":1,`), "ping", "1"},
		{"many brackets, shallow", `{"type":"ping","a":[` + strings.Repeat("[],", 500) + `{}],"id":1}`, "ping", "1"},
		{"brackets in strings", `{"type":"ping","a":["` + strings.Repeat("[{", 500) + `"],"b":"x","id":1}`, "ping", "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := DecodeCommand([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if c.Type != test.msgType || string(c.ID) != test.id || string(c.Raw) != test.text {
				t.Errorf("type %q, id %s, raw %s", c.Type, c.ID, c.Raw)
			}
		})
	}
}

// nested is a ping with levels arrays inside each other.
func nested(levels int, more string) string {
	return `{"type":"ping",` + more + `"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`
}

// Case 25: what is refused, what counts, and which id the error repeats.
func TestDecodeCommandRefuses(t *testing.T) {
	const invalid = "Invalid JSON format"
	const badID = `"id" must be a string of at most 64 bytes or an integer between -(2^53-1) and 2^53-1`
	for _, test := range []struct {
		name, text, message, id string
		counts                  bool
	}{
		{"nothing", ``, invalid, "", true},
		{"white space", " \n", invalid, "", true},
		{"text", `hello`, invalid, "", true},
		{"null", `null`, invalid, "", true},
		{"empty array", `[]`, invalid, "", true},
		{"array of null", `[null]`, invalid, "", true},
		{"array of a command", `[{"type":"ping"}]`, invalid, "", true},
		{"empty string", `""`, invalid, "", true},
		{"number out of range", `1e400`, invalid, "", true},
		{"open object", `{"id":1,"type":"ping"`, invalid, "1", true},
		{"open value", `{"id":1,"type":"ping","a":[1,`, invalid, "1", true},
		{"cut id", `{"type":"ping","id":12`, invalid, "12", true},
		{"trailing data", `{"type":"ping","id":1}x`, invalid, "1", true},
		{"two objects", `{"type":"ping","id":1}{"type":"ping","id":2}`, invalid, "1", true},
		{"duplicate name", `{"id":1,"type":"ping","type":"auth"}`, invalid, "1", true},
		{"duplicate escaped name", `{"id":1,"type":"ping","\u0074ype":"auth"}`, invalid, "1", true},
		{"duplicate id", `{"id":1,"type":"ping","id":2}`, invalid, "1", true},
		{"duplicate name inside", `{"id":1,"type":"publish","data":{"a":1,"a":2}}`, invalid, "1", true},
		{"duplicate name in a long value", `{"id":1,"type":"ping","d":[` + strings.Repeat("[],", 99) + `{"a":1,"a":2}]}`, invalid, "1", true},
		{"invalid UTF-8", "{\"id\":1,\"type\":\"\xff\"}", invalid, "1", true},
		{"lone surrogate", `{"id":1,"type":"\ud800"}`, invalid, "1", true},
		{"single quotes", `{'type':'ping'}`, invalid, "", true},
		{"trailing comma", `{"id":1,"type":"ping",}`, invalid, "1", true},
		{"comment", `{"id":1,/**/"type":"ping"}`, invalid, "1", true},
		{"control character", "{\"id\":1,\"type\":\"pi\x00ng\"}", invalid, "1", true},
		{"65 levels", nested(MaxDepth, `"id":1,`), "message is nested deeper than 64 levels", "1", true},
		{"100,000 levels", nested(100_000, `"id":1,`), "message is nested deeper than 64 levels", "1", true},
		{"100,000 levels, never closed", `{"id":1,"a":` + strings.Repeat(`{"a":`, 100_000), "message is nested deeper than 64 levels", "1", true},
		{"100,000 levels, not in an object", strings.Repeat("[", 100_000), invalid, "", true},

		{"id of 1 MB", `{"type":"ping","id":"` + strings.Repeat("x", 1<<20) + `"}`, `"id" is longer than 64 bytes`, "", false},
		{"id of 65 bytes", `{"type":"ping","id":"` + strings.Repeat("x", 65) + `"}`, `"id" is longer than 64 bytes`, "", false},
		{"id beyond 2^53", `{"type":"ping","id":9007199254740993}`, badID, "", false},
		{"id beyond 2^64", `{"type":"ping","id":18446744073709551616}`, badID, "", false},
		{"id with a fraction", `{"type":"ping","id":1.0}`, badID, "", false},
		{"id with an exponent", `{"type":"ping","id":1e400}`, badID, "", false},
		{"id null", `{"type":"ping","id":null}`, badID, "", false},
		{"id object", `{"type":"ping","id":{}}`, badID, "", false},
		{"no type", `{"id":1}`, `"type" is missing`, "1", false},
		{"empty object", `{}`, `"type" is missing`, "", false},
		{"type of another case", `{"Type":"ping","id":1}`, `"type" is missing`, "1", false},
		{"type null", `{"type":null,"id":1}`, `"type" must be a non-empty string`, "1", false},
		{"type number", `{"type":1,"id":1}`, `"type" must be a non-empty string`, "1", false},
		{"type empty", `{"type":"","id":1}`, `"type" must be a non-empty string`, "1", false},
		{"type too long", `{"type":"` + strings.Repeat("x", 129) + `","id":1}`, `"type" is longer than 128 bytes`, "1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := DecodeCommand([]byte(test.text))
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if e.Code != CodeBadRequest || e.Message != test.message {
				t.Errorf("error = %v, want %s", e, test.message)
			}
			if string(c.ID) != test.id {
				t.Errorf("id = %.40s, want %s", c.ID, test.id)
			}
			if got := IsInvalidJSON(err); got != test.counts {
				t.Errorf("counts = %t, want %t", got, test.counts)
			}
		})
	}
}

func TestUnknownType(t *testing.T) {
	if got, want := UnknownType("dance").Error(), "unknown_type: Unknown message type: dance"; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
}

func TestCommandClone(t *testing.T) {
	text := []byte(`{"type":"subscribe","channel":"quotes.AAPL","id":"a"}`)
	c, err := DecodeCommand(text)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Clone()
	copy(text, bytes.Repeat([]byte("x"), len(text)))
	s, e := d.Subscribe()
	if e != nil || len(s.Channels) != 1 || s.Channels[0] != "quotes.AAPL" || string(d.ID) != `"a"` {
		t.Errorf("clone = %+v, %v, id %s", s, e, d.ID)
	}
}

func TestTypeNames(t *testing.T) {
	for _, name := range []string{
		TypePing, TypePong, TypeHeartbeat, TypeSubscribe, TypeUnsubscribe, TypeSubscriptions, TypePublish,
		TypeChatMessage, TypeTypingIndicator, TypeNotificationAck, TypeHistory, TypePresence, TypeAuth, "custom",
	} {
		if got := typeName([]byte(name)); got != name {
			t.Errorf("typeName(%q) = %q", name, got)
		}
	}
}

func TestFieldNames(t *testing.T) {
	for f := fieldType; f < fieldCount; f++ {
		if f.String() == "" || fieldNamed([]byte(f.String())) != f {
			t.Errorf("field %d is named %q", f, f)
		}
	}
	if got := fieldNamed([]byte("")); got != fieldNone {
		t.Errorf("the empty name is field %d", got)
	}
}
