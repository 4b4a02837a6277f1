package clients

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// burst is how many messages are published at once.
const burst = 100

// transfers goes through the ways of receiving with coder/websocket.
func transfers(ctx context.Context, given talk) error {
	packed := func(ctx context.Context, r *receiver) { r.receives(ctx, true) }
	asItIs := func(ctx context.Context, r *receiver) { r.receives(ctx, false) }
	for _, step := range []struct {
		name, query string
		offer       websocket.CompressionMode
		run         func(context.Context, *receiver)
	}{
		{"compressed", "", websocket.CompressionNoContextTakeover, packed},
		{"sent", "", websocket.CompressionContextTakeover, func(ctx context.Context, r *receiver) { r.hearsItself(ctx) }},
		{"declined", "?compress=0", websocket.CompressionNoContextTakeover, asItIs},
		{"plain", "", websocket.CompressionDisabled, asItIs},
		{"arrays", "?batch=1", websocket.CompressionNoContextTakeover, func(ctx context.Context, r *receiver) { r.receivesArrays(ctx) }},
	} {
		r := &receiver{conversation: conversation{talk: given}, topic: "transfer." + given.name + "." + step.name}
		r.join(ctx, "/ws/"+given.name+"_"+step.name+step.query, step.offer)
		step.run(ctx, r)
		r.close(r.alice)
		if r.err != nil {
			given.done(result{Scenario: step.name, Error: r.err.Error()})
			return r.err
		}
		given.done(result{Scenario: step.name})
	}
	return nil
}

// receiver is a connection that knows how much came over it.
type receiver struct {
	conversation
	topic      string
	extensions string
	bytes      atomic.Int64 // read
}

// counted is a connection that counts what is read.
type counted struct {
	net.Conn
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// join connects and subscribes to the topic.
func (r *receiver) join(ctx context.Context, path string, offer websocket.CompressionMode) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return counted{conn, &r.bytes}, err
	}
	conn, resp, err := websocket.Dial(ctx, r.url+path, &websocket.DialOptions{ //nolint:bodyclose // the body of an upgrade is the connection
		HTTPClient:           &http.Client{Transport: &http.Transport{DialContext: dial}},
		CompressionMode:      offer,
		CompressionThreshold: 1,
	})
	if err != nil {
		r.fail(err)
		return
	}
	r.alice, r.extensions = conn, resp.Header.Get("Sec-WebSocket-Extensions")
	r.expect(ctx, conn, message{"type": "connection_established"})
	r.subscribeTo(ctx, r.topic)
}

// book is a message of some 2 KB.
func book() jsontext.Value {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, `,{"price":%g,"size":%d,"venue":"서울"}`, 100+float64(i)/4, 10*i)
	}
	return jsontext.Value(`{"type":"book","levels":[` + b.String()[1:] + `]}`)
}

func (r *receiver) receives(ctx context.Context, compressed bool) {
	if got := strings.HasPrefix(r.extensions, "permessage-deflate"); got != compressed {
		r.fail(fmt.Errorf("the service accepted %q", r.extensions))
	}
	before := r.bytes.Load()
	r.fail(r.publish(r.topic, book()))
	var want message
	r.fail(json.Unmarshal(book(), &want))
	want["channel"] = r.topic
	r.expect(ctx, r.alice, want)
	if came := r.bytes.Load() - before; (came < int64(len(book())/2)) != compressed {
		r.fail(fmt.Errorf("%d bytes came for a message of %d", came, len(book())))
	}
}

// hearsItself publishes a compressed message and receives it.
func (r *receiver) hearsItself(ctx context.Context) {
	r.send(ctx, r.alice, message{"type": "publish", "channel": r.topic, "data": book()})
	var want any
	r.fail(json.Unmarshal(book(), &want))
	for range 2 {
		switch got := r.next(ctx, r.alice); got["type"] {
		case "message":
			if diff := cmp.Diff(want, got["data"]); diff != "" {
				r.fail(fmt.Errorf("data (-want +got):\n%s", diff))
			}
		case "publish_result":
		default:
			r.fail(fmt.Errorf("got %v", got))
		}
	}
}

func (r *receiver) receivesArrays(ctx context.Context) {
	r.fail(r.conversation.burst(r.topic, burst))
	frames := 0
	var got []any
	for r.err == nil && len(got) < burst {
		_, text, err := r.alice.Read(ctx)
		r.fail(err)
		frames++
		for _, m := range r.messages(text) {
			got = append(got, m["number"])
		}
	}
	for i, number := range got {
		if number != float64(i) {
			r.fail(fmt.Errorf("message %d has the number %v", i, number))
		}
	}
	if frames >= burst {
		r.fail(fmt.Errorf("%d messages came in %d frames", burst, frames))
	}
}

// messages is the content of a frame: one message, or an array of them.
func (r *receiver) messages(frame []byte) []message {
	if frame[0] != '[' {
		frame = append(append([]byte{'['}, frame...), ']')
	}
	var list []message
	r.fail(json.Unmarshal(frame, &list))
	return list
}
