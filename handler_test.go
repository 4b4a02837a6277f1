package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	jsonx "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// A custom handler gets the message and who sent it, and its replies carry the
// request's id.
func TestHandler(t *testing.T) {
	type seen struct {
		client, user, kind, raw string
	}
	var got seen
	r := start(t, secured(), func(n *Node) {
		n.Handle("order", func(_ context.Context, req *Request) error {
			got = seen{req.Client.ID, req.Client.Identity.UserID, req.Type, string(req.Raw)}
			for _, v := range []any{
				struct {
					Type string `json:"type"`
					Qty  int    `json:"qty"`
				}{"accepted", 3},
				map[string]any{"type": "filled", "id": "forged"},
				json.RawMessage(`{"type":"done","n":1.50}`),
			} {
				if err := req.Reply(v); err != nil {
					return err
				}
			}
			return nil
		})
	})
	c := r.connect("/ws/c?token=u")
	const raw = `{"type":"order", "id":"o1","qty":3}`
	c.send("%s", raw)
	for _, want := range []object{
		{"type": "accepted", "qty": 3.0, "id": "o1"}, {"type": "filled", "id": "o1"}, {"type": "done", "n": 1.5, "id": "o1"},
	} {
		if diff := cmp.Diff(want, c.message()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if got != (seen{"c", "u", "order", raw}) {
		t.Errorf("the handler saw %+v", got)
	}
	c.send(`{"type":"order"}`)
	if o := c.want("accepted"); o["id"] != nil {
		t.Error(o)
	}
	if o := c.want("filled"); o["id"] != "forged" { // without a request id it is the handler's field
		t.Error(o)
	}
}

// What a handler returns: an Error is shown, another is not, and replies that
// were made before leave first.
func TestHandlerErrors(t *testing.T) {
	r := start(t, open(), func(n *Node) {
		n.Handle("fail", func(_ context.Context, req *Request) error {
			var how struct{ How string }
			if err := jsonx.Unmarshal(req.Raw, &how); err != nil {
				return err
			}
			if err := req.Reply(map[string]string{"type": "first"}); err != nil {
				return err
			}
			switch how.How {
			case "shown":
				return protocol.Errorf(protocol.CodeConflict, "order 5 is filled")
			case "busy":
				return ErrBusy
			case "unavailable":
				return errors.Join(errors.New("db"), ErrUnavailable)
			case "array":
				return req.Reply([]int{1})
			case "nan":
				return req.Reply(map[string]float64{"x": math.NaN()})
			case "large":
				return req.Reply(map[string]string{"x": strings.Repeat("x", replyClose)})
			}
			return errors.New("password of the database")
		})
	})
	c := r.connect("/ws/c")
	for how, want := range map[string]struct{ code, message string }{
		"shown":       {"conflict", "order 5 is filled"},
		"busy":        {"busy", "too many publications in flight, try again"},
		"unavailable": {"unavailable", "temporarily unavailable, try again"},
		"array":       {"bad_request", "reply is not a JSON object"},
		"nan":         {"internal", "internal error"},
		"large":       {"too_large", fmt.Sprintf("replies to one request have at most %d bytes", maxReplies)},
		"hidden":      {"internal", "internal error"},
	} {
		c.send(`{"type":"fail","How":%q,"id":1}`, how)
		c.want("first")
		if diff := cmp.Diff(object{"type": "error", "code": want.code, "message": want.message, "id": 1.0}, c.message()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", how, diff)
		}
	}
	eventually(t, "the cause is in the log", func() bool { return strings.Contains(r.logs.String(), "password of the database") })
}

// As many replies as one request may have, to several requests at once, reach a
// client that reads.
func TestLargeReplies(t *testing.T) {
	const requests, parts, size = 5, 3, maxReplies/3 - 100
	r := start(t, open(), func(n *Node) {
		n.Handle("big", func(_ context.Context, req *Request) error {
			for range parts {
				if err := req.Reply(map[string]string{"type": "part", "x": strings.Repeat("x", size)}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	c := r.connect("/ws/c")
	for range requests {
		c.send(`{"type":"big"}`)
	}
	for range requests * parts {
		if o := c.want("part"); len(o.str("x")) != size {
			t.Fatalf("a part of %d bytes", len(o.str("x")))
		}
	}
	c.pong()
}

// Misuse of Handle panics at once, before anything is served.
func TestHandleMisuse(t *testing.T) {
	n, err := New(open())
	if err != nil {
		t.Fatal(err)
	}
	h := func(context.Context, *Request) error { return nil }
	n.Handle("mine", h)
	r := start(t, open())
	for name, f := range map[string]func(){
		"empty":     func() { n.Handle("", h) },
		"built in":  func() { n.Handle("subscribe", h) },
		"twice":     func() { n.Handle("mine", h) },
		"nil":       func() { n.Handle("other", nil) },
		"after Run": func() { r.Handle("late", h) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if v, ok := recover().(string); !ok || !strings.HasPrefix(v, "outcry: Handle(") {
					t.Errorf("panic %v", v)
				}
			}()
			f()
		})
	}
}
