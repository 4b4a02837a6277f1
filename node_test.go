package outcry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A first walk through everything a client does by hand.
func TestConversation(t *testing.T) {
	r := start(t, open())
	a := r.connect("/ws/alice")
	if a.id != "alice" || a.hello.str("session") == "" || a.hello["heartbeat_interval"] != 30.0 {
		t.Fatalf("connection_established: %v", a.hello)
	}
	a.send(`{"type":"ping","timestamp":5,"id":1}`)
	if o := a.want("pong"); o["client_timestamp"] != 5.0 || o["id"] != 1.0 {
		t.Fatal(o)
	}
	a.subscribe("a.b")
	a.subscribe("a.*")
	a.send(`{"type":"publish","channel":"a.b","data":{"x":1},"id":"p"}`)
	replied, delivered := a.message(), a.message()
	if replied.str("type") == "message" { // the two have no order
		replied, delivered = delivered, replied
	}
	if replied.str("type") != "publish_result" || delivered.str("channel") != "a.b" || delivered.str("client_id") != "alice" {
		t.Fatal(replied, delivered)
	}
	a.send(`{"type":"unsubscribe","channel":"a.b"}`)
	a.want("unsubscription_result")
	_, rec, err := r.SendToChannel(context.Background(), Message{Channel: "a.b", Object: []byte(`{"type":"quote","p":1}`)})
	if err != nil || rec.Sent != 1 {
		t.Fatal(rec, err)
	}
	a.want("quote")
	a.send(`{"type":"nope"}`)
	if o := a.want("error"); o.str("message") != "Unknown message type: nope" {
		t.Fatal(o)
	}
	a.send(`{"type":`)
	if o := a.want("error"); o.str("message") != "Invalid JSON format" {
		t.Fatal(o)
	}
}

func TestHeartbeatAndPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, open())
		defer r.stop()
		c := r.connect("/ws")
		began := time.Now()
		c.want("heartbeat")
		if d := time.Since(began); d < 30*time.Second || d > 30*time.Second+20*time.Millisecond {
			t.Fatalf("heartbeat after %v", d)
		}
		c.conn.Close()
	})
}
