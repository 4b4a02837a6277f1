package outcry

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// quote lists strings as a JSON array.
func quote(names ...string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// numbered makes n channel names.
func numbered(prefix string, from, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(from+i)
	}
	return names
}

func TestSubscribe(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channel":"a","channels":["b","no space","@all","c.*"],"id":"x"}`)
	for _, want := range []struct {
		channel string
		success bool
		code    string
	}{{"a", true, ""}, {"b", true, ""}, {"no space", false, "bad_channel"}, {"@all", false, "bad_channel"}, {"c.*", true, ""}} {
		o := c.wantResult(want.channel, want.success)
		if o.str("id") != "x" || o.str("code") != want.code || want.success != (o["message"] == nil) {
			t.Errorf("result %v, want %+v", o, want)
		}
		if _, ok := o["recovered"]; ok {
			t.Errorf("recovered without since or last: %v", o)
		}
	}
	c.send(`{"type":"subscriptions"}`)
	if o := c.want("subscriptions_result"); !cmp.Equal(o["channels"], []any{"a", "b", "c.*"}) {
		t.Fatal(o)
	}
}

// Subscribing again succeeds and changes nothing: one copy of each message.
func TestSubscribeTwice(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.subscribe("a")
	c.subscribe("a")
	c.send(`{"type":"subscribe","channels":["a","a"]}`)
	c.wantResult("a", true)
	c.wantResult("a", true)
	if n := r.toChannel("a", 1); n != 1 {
		t.Fatalf("queued %d times", n)
	}
	c.want("n")
	if s, _ := r.Stats(t.Context()); s.Subscriptions != 1 || s.Channels != 1 {
		t.Fatalf("stats %+v", s)
	}
	c.send(`{"type":"unsubscribe","channel":"a"}`)
	c.want("unsubscription_result")
	if n := r.toChannel("a", 2); n != 0 {
		t.Fatalf("queued %d times after unsubscribe", n)
	}
}

// What a live channel cannot grant is refused by name of the option; a wish to
// resume is answered with recovered false.
func TestSubscribeOptions(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	for _, tt := range []struct{ options, code, message string }{
		{`"max_rate":5`, "bad_request", "max_rate: "},
		{`"snapshot":true`, "bad_request", "snapshot: "},
		{`"delta":true`, "bad_request", "delta: "},
		{`"since":"5m"`, "", ""},
		{`"since":"some cursor"`, "", ""},
		{`"last":50`, "", ""},
		{`"max_rate":null,"snapshot":false,"delta":false,"last":0,"since":""`, "", ""},
	} {
		c.send(`{"type":"subscribe","channel":"a",%s}`, tt.options)
		o := c.wantResult("a", tt.code == "")
		if o.str("code") != tt.code || !strings.HasPrefix(o.str("message"), tt.message) {
			t.Errorf("%s: %v", tt.options, o)
		}
		if strings.Contains(tt.options, "50") && o["recovered"] != false {
			t.Errorf("%s: %v, want recovered false", tt.options, o)
		}
	}
	for _, bad := range []string{`"max_rate":-1`, `"max_rate":"fast"`, `"snapshot":1`, `"last":-1`, `"last":1e3`, `"since":5`} {
		c.send(`{"type":"subscribe","channel":"a",%s,"id":3}`, bad)
		if o := c.want("error"); o.str("code") != "bad_request" || o["id"] != 3.0 {
			t.Errorf("%s: %v", bad, o)
		}
	}
}

// Commands without a channel, with texts that existing clients match on.
func TestChannelMissing(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	for command, message := range map[string]string{
		`"type":"subscribe"`:                                               "Channel name required for subscription",
		`"type":"subscribe","channel":""`:                                  "Channel name required for subscription",
		`"type":"subscribe","channels":[]`:                                 "Channel name required for subscription",
		`"type":"unsubscribe"`:                                             "Channel name required for unsubscription",
		`"type":"unsubscribe","channel":null`:                              "Channel name required for unsubscription",
		`"type":"publish","data":1`:                                        "Channel name required for publishing",
		`"type":"subscribe","channel":5`:                                   `"channel" must be a string`,
		`"type":"subscribe","channels":["a",null]`:                         `"channels" must be an array of at most 256 strings`,
		`"type":"subscribe","channels":` + quote(numbered("c", 0, 257)...): `"channels" must be an array of at most 256 strings`,
	} {
		c.send(`{%s,"id":7}`, command)
		if o := c.want("error"); o.str("message") != message || o["id"] != 7.0 || o.str("code") != "bad_request" {
			t.Errorf("%.60s: %v, want %q", command, o, message)
		}
	}
}

func TestUnsubscribe(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.send(`{"type":"subscribe","channels":["a","b","c.>"]}`)
	for range 3 {
		c.want("subscription_result")
	}
	c.send(`{"type":"unsubscribe","channel":"a","channels":["never","c.>","b b"],"id":1}`)
	for _, want := range []struct {
		channel string
		success bool
	}{{"a", true}, {"never", true}, {"c.>", true}, {"b b", false}} {
		if o := c.want("unsubscription_result"); o.str("channel") != want.channel || o["success"] != want.success || o["id"] != 1.0 {
			t.Errorf("%v, want %+v", o, want)
		}
	}
	if got := r.toChannel("a", 1) + r.toChannel("c.d", 1); got != 0 {
		t.Errorf("%d messages after unsubscribe", got)
	}
	if got := r.toChannel("b", 1); got != 1 {
		t.Errorf("channel b reached %d", got)
	}
}

// Cases 44 and 47: internal channels, and names that are none, are refused
// wherever a client or a caller of the API can name one, and nothing of them
// remains.
func TestRefusedNames(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	names := []string{"@all", "@user:u", "@group:g", "@", "a b", "a?", "[a-z]", `a\\b`, "#", "{x}", "a,b", "a\x00b", "e\u0301", strings.Repeat("x", 129)}
	for _, name := range append(names, "a*", "*b.c", "a.>.b", ">.a", "a>") {
		for _, command := range []string{"subscribe", "unsubscribe"} {
			c.send(`{"type":%q,"channel":"%s"}`, command, strings.ReplaceAll(name, "\x00", `\u0000`))
			if o := c.message(); o["success"] != false || o.str("code") != "bad_channel" {
				t.Errorf("%s %q: %v", command, name, o)
			}
		}
	}
	for _, name := range append(names, "a*", "a.*", ">") {
		for _, command := range []string{
			`"type":"publish","data":1`, `"type":"chat_message","message":"m"`, `"type":"typing_indicator","is_typing":true`,
			`"type":"history"`, `"type":"presence"`,
		} {
			c.send(`{%s,"channel":"%s"}`, command, strings.ReplaceAll(name, "\x00", `\u0000`))
			if o := c.message(); o.str("code") != "bad_channel" {
				t.Errorf("%s %q: %v", command, name, o)
			}
		}
		refusedByAPI(t, r, name)
	}
	if n := r.leftTopics(); n != 0 {
		t.Errorf("%d channels are left", n)
	}
}

// refusedByAPI names a channel in every call that takes one.
func refusedByAPI(t *testing.T, r *rig, name string) {
	t.Helper()
	ctx := t.Context()
	_, published := r.Publish(ctx, Message{Channel: name, Data: []byte(`1`)})
	_, _, sent := r.SendToChannel(ctx, Message{Channel: name, Data: []byte(`1`)})
	_, described := r.Channel(ctx, name)
	_, present := r.Members(ctx, name)
	_, remembered := r.History(ctx, name, HistoryQuery{})
	errs := map[string]error{"Publish": published, "SendToChannel": sent, "Channel": described, "Members": present, "History": remembered}
	if !isPattern(name) || protocol.CheckPattern(name) != nil {
		_, user := r.SubscribeUser(ctx, "u", name)
		_, unuser := r.UnsubscribeUser(ctx, "u", name)
		errs["Subscribe"], errs["Unsubscribe"] = r.Subscribe(ctx, "c", name), r.Unsubscribe(ctx, "c", name)
		errs["SubscribeUser"], errs["UnsubscribeUser"] = user, unuser
	}
	for call, err := range errs {
		var e *Error
		if !errors.As(err, &e) || e.Code != protocol.CodeBadChannel {
			t.Errorf("%s(%q): %v, want bad_channel", call, name, err)
		}
	}
}

// max_channels counts what the client has asked for, not what the server has
// subscribed it to internally; a channel given up makes room.
func TestMaxChannels(t *testing.T) {
	cfg := secured()
	cfg.Limits.MaxChannels = 3
	r := start(t, cfg)
	c := r.connect("/ws/c?token=u/g1,g2,g3")
	c.send(`{"type":"subscribe","channels":["a","b.*","c","d","a"]}`)
	c.wantResult("a", true)
	c.wantResult("b.*", true)
	c.wantResult("c", true)
	if o := c.wantResult("d", false); o.str("code") != "too_many_channels" ||
		o.str("message") != "a client may have 3 subscriptions; unsubscribe from some first" {
		t.Error(o)
	}
	c.wantResult("a", true)
	if err := r.Subscribe(t.Context(), "c", "d"); err == nil {
		t.Error("the server's Subscribe passed the limit")
	}
	c.wantResult("d", false)
	c.send(`{"type":"unsubscribe","channel":"b.*"}`)
	c.want("unsubscription_result")
	c.subscribe("d")
	if rec, err := r.SendToGroup(t.Context(), "g3", []byte(`{"type":"hello"}`)); err != nil || rec.Sent != 1 {
		t.Errorf("the limit cost an internal channel: %+v, %v", rec, err)
	}
}

// Case 48: one socket asks for very many channels, many sockets for channels
// that nobody uses again. The limit holds, and everything comes back.
func TestVeryManyChannels(t *testing.T) {
	const batches, sockets, each = 80, 40, 200
	r := start(t, open())
	control := r.connect("/ws/control")
	before, heap := measure(r), heapInUse()

	c := r.connect("/ws/one")
	granted := 0
	for i := range batches {
		c.send(`{"type":"subscribe","channels":%s}`, quote(numbered("one.", i*256, 256)...))
		for range 256 {
			if c.want("subscription_result")["success"] == true {
				granted++
			}
		}
	}
	if granted != 1024 {
		t.Errorf("%d of %d channels were granted, want max_channels", granted, batches*256)
	}
	c.conn.Close()
	for s := range sockets {
		c := r.connect("/ws")
		c.send(`{"type":"subscribe","channels":%s}`, quote(numbered(fmt.Sprintf("s%d.", s), 0, each)...))
		for range each {
			c.want("subscription_result")
		}
		if s%2 == 0 {
			c.send(`{"type":"unsubscribe","channels":%s}`, quote(numbered(fmt.Sprintf("s%d.", s), 0, each)...))
			for range each {
				c.want("unsubscription_result")
			}
		}
		c.conn.Close()
	}
	settled(t, r, control, before)
	if n := r.leftTopics(); n != 0 {
		t.Errorf("%d channels are left", n)
	}
	if s, _ := r.Stats(t.Context()); s.Channels != 0 {
		t.Errorf("the interest in %d channels is left", s.Channels)
	}
	if grown := heapInUse() - heap; grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

// heapInUse is what live objects take.
func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
