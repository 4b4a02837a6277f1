package outcry

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// Case 25: text that is no command is answered with bad_request, which echoes
// the id where one can be read, and the connection goes on.
func TestMalformed(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	const invalid = "Invalid JSON format"
	for name, tt := range map[string]struct {
		text    string
		message string // how it begins
		id      any
	}{
		"null":                {`null`, invalid, nil},
		"array":               {`[]`, invalid, nil},
		"array of null":       {`[null]`, invalid, nil},
		"string":              {`""`, invalid, nil},
		"number":              {`1e400`, invalid, nil},
		"nothing":             {``, invalid, nil},
		"space":               {"  \n", invalid, nil},
		"word":                {`hello`, invalid, nil},
		"cut":                 {`{"type":`, invalid, nil},
		"cut behind the id":   {`{"id":5,"type":"ping"`, invalid, 5.0},
		"trailing data":       {`{"id":6,"type":"ping"} {}`, invalid, 6.0},
		"two objects":         {`{"id":"x","type":"ping"}{"type":"ping"}`, invalid, "x"},
		"duplicate key":       {`{"type":"ping","id":7,"type":"ping"}`, invalid, 7.0},
		"duplicate id":        {`{"type":"ping","id":7,"id":8}`, invalid, 7.0},
		"nested too deep":     {`{"id":8,"type":"publish","channel":"a","data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, "message is nested deeper than 64 levels", 8.0},
		"nested and open":     {`{"id":9,"x":` + strings.Repeat(`{"a":`, 100_000), "message is nested deeper than 64 levels", 9.0},
		"megabyte id":         {`{"type":"ping","id":"` + strings.Repeat("i", 1<<20-50) + `"}`, `"id" is longer than 64 bytes`, nil},
		"id beyond 2^53":      {`{"type":"ping","id":9007199254740993}`, `"id" must be a string of at most 64 bytes or an integer`, nil},
		"id with fraction":    {`{"type":"ping","id":1.5}`, `"id" must be a string of at most 64 bytes or an integer`, nil},
		"id is an object":     {`{"type":"ping","id":{}}`, `"id" must be a string of at most 64 bytes or an integer`, nil},
		"no type":             {`{"id":10}`, `"type" is missing`, 10.0},
		"empty type":          {`{"type":"","id":11}`, `"type" must be a non-empty string`, 11.0},
		"type is a number":    {`{"type":5,"id":12}`, `"type" must be a non-empty string`, 12.0},
		"type is null":        {`{"type":null,"id":13}`, `"type" must be a non-empty string`, 13.0},
		"long type":           {`{"id":14,"type":"` + strings.Repeat("t", 129) + `"}`, `"type" is longer than 128 bytes`, 14.0},
		"surrogate in a name": {`{"id":15,"\ud800":1,"type":"ping"}`, invalid, 15.0},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			c.send("%s", tt.text)
			o := c.want("error")
			if o.str("code") != "bad_request" || !strings.HasPrefix(o.str("message"), tt.message) || o["id"] != tt.id {
				t.Errorf("got %v, want message %q, id %v", o, tt.message, tt.id)
			}
			c.pong()
		})
	}
	if s, err := r.Stats(t.Context()); err != nil || s.Errors != 26 || s.Panics != 0 {
		t.Errorf("errors %d, panics %d, %v; want 26 and 0", s.Errors, s.Panics, err)
	}
}

// Case 26: an unknown type is an error, whatever it is called.
func TestUnknownType(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	for sent, shown := range map[string]string{
		"nope": "nope", "PING": "PING", "subscribe\u3000": "subscribe\u3000", "publish_result": "publish_result", "error": "error",
		`\u003cb>`: "<b>", "유형": "유형",
	} {
		c.send(`{"type":"%s","id":1}`, sent)
		if o := c.want("error"); o.str("message") != "Unknown message type: "+shown || o.str("code") != "unknown_type" || o["id"] != 1.0 {
			t.Errorf("%q: %v", sent, o)
		}
	}
}

// Case 26: a binary message ends the connection with 1003, and nothing of it
// or behind it is executed.
func TestBinary(t *testing.T) {
	r := start(t, open())
	c, sub := r.connect("/ws/c"), r.connect("/ws/sub")
	sub.subscribe("a")
	publish := []byte(`{"type":"publish","channel":"a","data":1}`)
	c.raw(append(ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame(publish))), ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(publish)))...))
	if reason := c.wantClose(1003); reason != "binary messages are not part of this protocol" {
		t.Errorf("reason %q", reason)
	}
	sub.pong()
}

// calm is open without anything that time alone causes.
func calm() Config {
	cfg := open()
	cfg.Timing = Timing{PingInterval: -1, HeartbeatInterval: -1, ConnectionTimeout: 24 * time.Hour}
	return cfg
}

// Case 25: more than 100 texts that are no JSON objects within a minute close
// the connection with 4500; old ones are forgotten, and errors of other kinds
// never count.
func TestTooManyMalformed(t *testing.T) {
	bad := func(c *client, n int) {
		for range n {
			c.send(`{"type":`)
			c.want("error")
		}
	}
	for name, tt := range map[string]struct {
		f      func(c *client)
		closed bool
	}{
		"a hundred":         {func(c *client) { bad(c, 100) }, false},
		"one more":          {func(c *client) { bad(c, 100); c.send(`[]`) }, true},
		"within the minute": {func(c *client) { bad(c, 60); time.Sleep(59 * time.Second); bad(c, 40); c.send(`x`) }, true},
		"after the minute":  {func(c *client) { bad(c, 100); time.Sleep(61 * time.Second); bad(c, 100) }, false},
		"minutes of many":   {func(c *client) { bad(c, 100); time.Sleep(61 * time.Second); bad(c, 100); c.send(`x`) }, true},
		"mixed with good":   {func(c *client) { bad(c, 50); c.pong(); bad(c, 50); c.send(`x`) }, true},
		"nested counts":     {func(c *client) { bad(c, 100); c.send(`{"a":%s}`, strings.Repeat("[", 70)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipe(t, calm())
				defer r.stop()
				c := r.connect("/ws/c")
				tt.f(c)
				if tt.closed {
					if reason := c.wantClose(4500); reason != "too many invalid messages" {
						t.Errorf("reason %q", reason)
					}
				} else {
					c.pong()
				}
				c.conn.Close()
			})
		})
	}
}

func TestUncountedErrors(t *testing.T) {
	cfg := open()
	cfg.Rules = nil
	r := start(t, cfg)
	c := r.connect("/ws/c")
	for _, text := range []string{
		`{"type":"nope"}`, `{}`, `{"type":5}`, `{"type":"subscribe","channel":"@all"}`, `{"type":"publish","channel":"a","data":1}`,
		`{"type":"ping","id":1.5}`, `{"type":"history","channel":"a"}`, `{"type":"chat_message"}`,
	} {
		for range 120 {
			c.send("%s", text)
			c.message()
		}
	}
	c.pong()
}
