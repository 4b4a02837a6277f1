package clients

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// receiveTimeout is how long a message may take.
const receiveTimeout = 10 * time.Second

// message is whatever the service sends.
type message map[string]any

// converse goes through the scenarios with coder/websocket.
func converse(ctx context.Context, given talk) error {
	c := &conversation{talk: given}
	steps := map[string]func(context.Context){
		"connect": c.connect, "established": c.established, "ping": c.ping,
		"subscribe": c.subscribe, "broadcasts": c.broadcasts, "chat": c.chat,
		"unsubscribe": c.unsubscribe, "invalid_json": c.invalidJSON, "unknown_type": c.unknownType,
	}
	for _, name := range scenarios() {
		steps[name](ctx)
		if c.err != nil {
			given.done(result{Scenario: name, Error: c.err.Error()})
			break
		}
		given.done(result{Scenario: name, Prices: c.prices})
	}
	c.close(c.alice)
	return c.err
}

// conversation is the state of the scenarios. After the first error every
// method does nothing.
type conversation struct {
	talk
	alice  *websocket.Conn
	prices []float64
	err    error
}

func (c *conversation) connect(ctx context.Context) {
	c.alice = c.open(ctx, c.name+"_alice")
}

func (c *conversation) established(ctx context.Context) {
	first := c.next(ctx, c.alice)
	written, _ := first["timestamp"].(string)
	stamp := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$`)
	if first["type"] != "connection_established" || first["client_id"] != c.name+"_alice" || !stamp.MatchString(written) {
		c.fail(fmt.Errorf("first message: %v", first))
	}
}

func (c *conversation) ping(ctx context.Context) {
	const sent = "2026-01-20T10:30:00.000Z"
	c.send(ctx, c.alice, message{"type": "ping", "timestamp": sent})
	c.expect(ctx, c.alice, message{"type": "pong", "client_timestamp": sent})
}

func (c *conversation) subscribe(ctx context.Context) {
	c.subscribeTo(ctx, c.channel)
}

func (c *conversation) subscribeTo(ctx context.Context, channel string) {
	c.send(ctx, c.alice, message{"type": "subscribe", "channel": channel})
	c.expect(ctx, c.alice, message{"type": "subscription_result", "channel": channel, "success": true})
}

func (c *conversation) broadcasts(ctx context.Context) {
	c.fail(c.replay())
	for range c.ticks {
		tick := c.next(ctx, c.alice)
		price, ok := tick["price"].(float64)
		if !ok || tick["channel"] != c.channel {
			c.fail(fmt.Errorf("tick: %v", tick))
			return
		}
		c.prices = append(c.prices, price)
	}
}

func (c *conversation) chat(ctx context.Context) {
	const text = `안녕 <alice> & "all"`
	bob := c.open(ctx, c.name+"_bob")
	c.expect(ctx, bob, message{"type": "connection_established"})
	c.subscribeTo(ctx, "general")
	c.send(ctx, bob, message{"type": "chat_message", "message": text})
	c.expect(ctx, c.alice, message{
		"type": "chat_message", "client_id": c.name + "_bob", "channel": "general", "message": text,
	})
	c.close(bob)
}

func (c *conversation) unsubscribe(ctx context.Context) {
	after := "after." + c.name
	c.subscribeTo(ctx, after)
	c.send(ctx, c.alice, message{"type": "unsubscribe", "channel": c.channel})
	c.expect(ctx, c.alice, message{"type": "unsubscription_result", "channel": c.channel, "success": true})
	c.fail(c.publish(c.channel, jsontext.Value(`{"type":"quote","price":0}`)))
	c.fail(c.publish(after, jsontext.Value(`{"type":"marker"}`)))
	c.expect(ctx, c.alice, message{"type": "marker", "channel": after})
}

func (c *conversation) invalidJSON(ctx context.Context) {
	c.fail(c.alice.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"`)))
	c.expect(ctx, c.alice, message{"type": "error", "message": "Invalid JSON format"})
	c.ping(ctx)
}

func (c *conversation) unknownType(ctx context.Context) {
	c.send(ctx, c.alice, message{"type": "no_such_type"})
	c.expect(ctx, c.alice, message{"type": "error", "message": "Unknown message type: no_such_type"})
	c.ping(ctx)
}

// fail keeps the first error.
func (c *conversation) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *conversation) open(ctx context.Context, clientID string) *websocket.Conn {
	if c.err != nil {
		return nil
	}
	conn, _, err := websocket.Dial(ctx, c.url+"/ws/"+clientID, nil) //nolint:bodyclose // the body of an upgrade is the connection
	c.fail(err)
	return conn
}

func (c *conversation) close(conn *websocket.Conn) {
	switch {
	case conn == nil:
	case c.err != nil:
		_ = conn.CloseNow()
	default:
		c.fail(conn.Close(websocket.StatusNormalClosure, ""))
	}
}

func (c *conversation) send(ctx context.Context, conn *websocket.Conn, command message) {
	if c.err != nil {
		return
	}
	text, err := json.Marshal(command)
	c.fail(err)
	c.fail(conn.Write(ctx, websocket.MessageText, text))
}

// next waits for one message.
func (c *conversation) next(ctx context.Context, conn *websocket.Conn) message {
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	for c.err == nil {
		var m message
		_, text, err := conn.Read(ctx)
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		c.fail(err)
		if m["type"] != "heartbeat" {
			return m
		}
	}
	return nil
}

// expect waits for a message and compares the wanted fields.
func (c *conversation) expect(ctx context.Context, conn *websocket.Conn, want message) {
	got := c.next(ctx, conn)
	for field, value := range want {
		if diff := cmp.Diff(value, got[field]); diff != "" {
			c.fail(fmt.Errorf("%s of %v (-want +got):\n%s", field, got, diff))
		}
	}
}
