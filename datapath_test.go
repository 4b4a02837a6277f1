package outcry

import (
	"context"
	"testing"
)

// One message through the twelve stations of docs/data-path.md: two real
// sockets on two Loops, a client's publish command in, the memory broker, a
// text frame out.
func TestDataPath(t *testing.T) {
	cfg := open()
	cfg.Loops = 2
	r := start(t, cfg)
	publisher, subscriber := r.connect("/ws/publisher"), r.connect("/ws/subscriber")
	if r.ids.find("publisher").loop == r.ids.find("subscriber").loop {
		t.Fatal("both connections are on one Loop")
	}
	subscriber.subscribe("orders.u1")
	publisher.send(`{"type":"publish","channel":"orders.u1","event":"fill","data":{"qty":3},"message_id":"m1","id":9}`)
	if o := publisher.want("publish_result"); o["success"] != true || o["id"] != 9.0 || o.str("message_id") != "m1" {
		t.Fatalf("publish_result %v", o)
	}
	got := subscriber.want("message")
	if data, _ := got["data"].(map[string]any); data["qty"] != 3.0 || got.str("channel") != "orders.u1" ||
		got.str("event") != "fill" || got.str("client_id") != "publisher" || got.str("timestamp") == "" {
		t.Fatalf("message %v", got)
	}
	s, err := r.Stats(context.Background())
	if err != nil || s.InFlight != 0 || s.QueuedMessages != 0 || s.MessagesReceived != 2 {
		t.Fatalf("stats %+v, %v", s, err)
	}
}
