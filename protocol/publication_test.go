package protocol

import (
	"errors"
	"strings"
	"testing"
)

func TestAppendPublication(t *testing.T) {
	const tail = `"channel":"quotes.AAPL","timestamp":` + noon + `}`
	for _, test := range []struct {
		name string
		p    Publication
		want string
	}{
		{
			"object",
			Publication{Object: []byte(`{"type":"quote","p":187.42,"q":[1,{"a":null}]}`)},
			`{"type":"quote","p":187.42,"q":[1,{"a":null}],` + tail,
		},
		{"type added", Publication{Object: []byte(`{"p":1}`)}, `{"p":1,"type":"message",` + tail},
		{"empty object", Publication{Object: []byte(` { } `)}, `{"type":"message",` + tail},
		{
			"own timestamp kept",
			Publication{Object: []byte(`{"timestamp":17,"type":"quote"}`)},
			`{"timestamp":17,"type":"quote","channel":"quotes.AAPL"}`,
		},
		{"own channel replaced", Publication{Object: []byte(`{"channel":"@all","type":"quote"}`)}, `{"type":"quote",` + tail},
		{"own channel replaced, escaped", Publication{Object: []byte(`{"\u0063hannel":"@all","type":"quote"}`)}, `{"type":"quote",` + tail},
		{
			"server's members removed",
			Publication{Object: []byte(`{"seq":1,"cursor":"x","type":"quote","replay":true,"merged":3,"patch":true}`)},
			`{"type":"quote",` + tail,
		},
		{"escaped member of the server removed", Publication{Object: []byte(`{"type":"quote","se\u0071":1}`)}, `{"type":"quote",` + tail},
		{"members of these names inside kept", Publication{Object: []byte(`{"type":"quote","data":{"seq":1,"channel":2}}`)}, `{"type":"quote","data":{"seq":1,"channel":2},` + tail},
		{
			"sender kept from a trusted publisher",
			Publication{Object: []byte(`{"type":"chat_message","client_id":"bot","user_id":"b"}`)},
			`{"type":"chat_message","client_id":"bot","user_id":"b",` + tail,
		},
		{
			"sender of a client cannot be forged",
			Publication{Object: []byte(`{"type":"x","client_id":"bot","user_id":"b"}`), ClientID: "c1", UserID: "u1"},
			`{"type":"x","channel":"quotes.AAPL","client_id":"c1","user_id":"u1","timestamp":` + noon + `}`,
		},
		{
			"anonymous client cannot name a user",
			Publication{Object: []byte(`{"type":"x","user_id":"b"}`), ClientID: "c1"},
			`{"type":"x","channel":"quotes.AAPL","client_id":"c1","timestamp":` + noon + `}`,
		},
		{"written as it stands", Publication{Object: []byte("{\"n\" : 1E+2 ,\n\"\\u0041\":\"\\/\",\"type\":\"x\"}")}, `{"n":1E+2,"\u0041":"\/","type":"x",` + tail},
		{"numbers keep their digits", Publication{Object: []byte(`{"type":"x","n":123456789012345678901234567890.10}`)}, `{"type":"x","n":123456789012345678901234567890.10,` + tail},
		{"data", Publication{Data: []byte(`[1,2]`)}, `{"type":"message","channel":"quotes.AAPL","data":[1,2],"timestamp":` + noon + `}`},
		{"null data", Publication{Data: []byte(`null`)}, `{"type":"message","channel":"quotes.AAPL","data":null,"timestamp":` + noon + `}`},
		{
			"data with everything",
			Publication{Data: []byte(`{"seq":1}`), Event: "trade", MessageID: "m1", ClientID: "c1", UserID: "u1"},
			`{"type":"message","channel":"quotes.AAPL","data":{"seq":1},"event":"trade","message_id":"m1","client_id":"c1","user_id":"u1","timestamp":` + noon + `}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.p.Channel, test.p.Timestamp = "quotes.AAPL", at()
			got, err := AppendPublication([]byte("before"), &test.p)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "before"+test.want {
				t.Errorf("got  %s\nwant before%s", got, test.want)
			}
		})
	}
}

// deep is arrays inside each other.
func deep(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

func TestAppendPublicationRefuses(t *testing.T) {
	const tooDeep = " is nested too deep; a message may have 64 levels"
	for _, test := range []struct {
		name string
		p    Publication
		want string
	}{
		{"nothing", Publication{}, "a publication needs a message or data"},
		{"both", Publication{Object: []byte(`{}`), Data: []byte(`1`)}, "a publication has either a message or data, not both"},
		{"array", Publication{Object: []byte(`[]`)}, "message is not a JSON object"},
		{"null", Publication{Object: []byte(`null`)}, "message is not a JSON object"},
		{"empty", Publication{Object: []byte{}}, "message is not valid JSON: unexpected EOF at byte 0"},
		{"duplicate", Publication{Object: []byte(`{"a":1,"a":2}`)}, "message is not valid JSON: duplicate object member name at byte 7"},
		{"trailing data", Publication{Object: []byte(`{"a":1}x`)}, "message is not valid JSON: invalid character 'x' after top-level value at byte 7"},
		{"cut", Publication{Object: []byte(`{"a":1`)}, "message is not valid JSON: unexpected EOF at byte 6"},
		{"invalid UTF-8", Publication{Object: []byte("{\"a\":\"\xff\"}")}, "message is not valid JSON: invalid UTF-8 at byte 6"},
		{"too deep", Publication{Object: []byte(`{"a":` + deep(64) + `}`)}, "message" + tooDeep},
		{"invalid data", Publication{Data: []byte(`{"a":1,"a":2}`)}, "data is not valid JSON: duplicate object member name at byte 7"},
		{"two values as data", Publication{Data: []byte(`1,"channel":"@all"`)}, "data is not valid JSON: invalid character ',' after top-level value at byte 1"},
		{"data too deep", Publication{Data: []byte(deep(64))}, "data" + tooDeep},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.p.Channel, test.p.Timestamp = "a", at()
			dst, err := AppendPublication([]byte("before"), &test.p)
			if string(dst) != "before" {
				t.Errorf("dst = %s, want it as it was", dst)
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != CodeBadRequest || e.Message != test.want {
				t.Errorf("error = %v, want bad_request: %s", err, test.want)
			}
		})
	}
	t.Run("as deep as allowed", func(t *testing.T) {
		for _, p := range []Publication{{Object: []byte(`{"a":` + deep(63) + `}`)}, {Data: []byte(deep(63))}} {
			b, err := AppendPublication(nil, &p)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := DecodeCommand(b); err != nil {
				t.Errorf("a subscriber of this package cannot read %s: %v", b, err)
			}
		}
	})
}

func TestAppendDirect(t *testing.T) {
	for _, test := range []struct{ name, object, want string }{
		{"timestamp added", `{"type":"alert","channel":"x","seq":1}`, `{"type":"alert","channel":"x","seq":1,"timestamp":` + noon + `}`},
		{"timestamp kept", `{"timestamp":null,"a":1}`, `{"timestamp":null,"a":1}`},
		{"escaped timestamp kept", `{"\u0074imestamp":1}`, `{"\u0074imestamp":1}`},
		{"empty", `{}`, `{"timestamp":` + noon + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendDirect([]byte("before"), []byte(test.object), at())
			if err != nil || string(got) != "before"+test.want {
				t.Errorf("got %s, %v, want before%s", got, err, test.want)
			}
		})
	}
	t.Run("not an object", func(t *testing.T) {
		got, err := AppendDirect([]byte("before"), []byte(`[]`), at())
		if string(got) != "before" || err == nil || err.Error() != "bad_request: message is not a JSON object" {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestAppendReply(t *testing.T) {
	for _, test := range []struct{ name, object, id, want string }{
		{"id added", `{"type":"balance","v":1}`, `"r-1"`, `{"type":"balance","v":1,"id":"r-1"}`},
		{"id replaced", `{"id":"own","type":"balance"}`, `7`, `{"type":"balance","id":7}`},
		{"own id kept where the command has none", `{"id":"own","type":"balance"}`, ``, `{"id":"own","type":"balance"}`},
		{"empty", `{}`, `7`, `{"id":7}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var id []byte
			if test.id != "" {
				id = []byte(test.id)
			}
			got, err := AppendReply([]byte("before"), []byte(test.object), id)
			if err != nil || string(got) != "before"+test.want {
				t.Errorf("got %s, %v, want before%s", got, err, test.want)
			}
		})
	}
	t.Run("not an object", func(t *testing.T) {
		got, err := AppendReply([]byte("before"), []byte(`"x"`), nil)
		if string(got) != "before" || err == nil || err.Error() != "bad_request: reply is not a JSON object" {
			t.Errorf("got %s, %v", got, err)
		}
	})
}
