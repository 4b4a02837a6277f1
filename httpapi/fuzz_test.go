package httpapi

import (
	"errors"
	"net/http/httptest"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

// FuzzDecodePublication: what is accepted is complete and valid; what is
// refused is refused in a short, clean text.
func FuzzDecodePublication(f *testing.F) {
	for _, seed := range []string{
		`{"channel":"c","message":{"type":"quote","price":1.5}}`,
		`{"channel":"a/b","data":null,"event":"e","message_id":"m","key":"k"}`,
		`{"channel":"c","data":[1,{"a":"\ud83d\ude00"}]}`,
		`{"channel":"c","channel":"d"}`, `{"chanel":1}`, `{"channel":7}`, `null`, `[]`, ``, "{\"\xff\":1}", `{"data":1e400`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := decodePublication(body, "")
		if err != nil {
			refused(t, err)
			return
		}
		if protocol.CheckChannel(m.Channel) != nil {
			t.Errorf("accepted channel %q", m.Channel)
		}
		if (m.Object == nil) == (m.Data == nil) {
			t.Errorf("object %q and data %q", m.Object, m.Data)
		}
		if content := append(jsontext.Value(m.Object), m.Data...); !content.IsValid() {
			t.Errorf("accepted invalid content %q", content)
		}
	})
}

// FuzzSplitBatch: every accepted message is one JSON value of the body.
func FuzzSplitBatch(f *testing.F) {
	for _, seed := range []string{
		`{"messages":[]}`, `{"messages":[null,{},[1,2]," "]}`, ` { "messages" : [ {"a":1,"a":2} ] } `,
		`{"messages":[],"messages":[]}`, `{"messages":null}`, `{"x":[]}`, `{"messages":[}`, `null`, ``, "{\"messages\":[\"\xff\"]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := splitBatch(body)
		if err != nil {
			refused(t, err)
			return
		}
		if len(items) > maxBatch {
			t.Errorf("accepted %d messages", len(items))
		}
		for _, item := range items {
			if !item.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
				t.Errorf("accepted %q", item)
			}
			if _, err := decodePublication(item, "/messages/0"); err != nil {
				refused(t, err)
			}
		}
	})
}

// FuzzFoldChannel: folding never changes which resource a path names.
func FuzzFoldChannel(f *testing.F) {
	for _, seed := range []string{"a", "a/b", "a%2fb/presence", "//", "%", "history/history", "a/%2e%2e/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = Prefix + "/channels/" + rest
		folded := foldChannel(r)
		again, err := folded.URL.Parse(folded.URL.EscapedPath())
		if err != nil || again.Path != r.URL.Path {
			t.Errorf("%q became %q: %v", r.URL.Path, again, err)
		}
	})
}

func refused(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*protocol.Error](err)
	if !ok || e.Code.HTTPStatus() < 400 || e.Code.HTTPStatus() > 499 {
		t.Fatalf("got %v, want an error of the caller", err)
	}
	if len(e.Message) > 600 || !utf8.ValidString(e.Message) {
		t.Errorf("text of %d bytes: %q", len(e.Message), e.Message)
	}
}
