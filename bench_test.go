package outcry

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"
)

// nullSocket takes everything.
type nullSocket struct{}

func (nullSocket) Send(b []byte) (int, error) { return len(b), nil }
func (nullSocket) PauseRead(bool)             {}
func (nullSocket) WantWrite(bool)             {}
func (nullSocket) Close(bool)                 {}

// benchLoop is a Loop that the benchmark drives by itself.
func benchLoop(tb testing.TB, cfg Config) *loop {
	tb.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Timing.FlushWindow = -1
	l := newBareLoop(tb, cfg)
	l.node.cfg.Broker.(*memoryBroker).sink.Store(new(Sink(sink{l.node})))
	return l
}

// seat makes a connected client as accept does, without its socket. Its
// identity is what a token says of a trader.
func seat(l *loop, id string) *conn {
	who := Identity{
		UserID: "user-" + id, Roles: []string{"trader", "viewer"}, Groups: []string{"desk-7"},
		Metadata: json.RawMessage(`{"desk":"seoul-7","client":"web 4.2.1"}`), ExpiresAt: time.Now().Add(time.Hour),
	}
	c := &conn{loop: l, sock: nullSocket{}, who: newSession("ws_"+id, "203.0.113.7:50123", who, l.node.start)}
	l.node.ids.reserve(c.who.clientID, c)
	l.node.active.Add(1)
	c.flags |= flagReserved | flagRegistered
	l.table.add(c)
	c.greet()
	return c
}

// One publication to 1,000 subscribers of a Loop: queued, gathered and handed
// to the sockets.
func BenchmarkFanOut(b *testing.B) {
	const subscribers = 1000
	for _, size := range []int{100, 1000} {
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			l := benchLoop(b, Config{})
			for i := range subscribers {
				enter(seat(l, fmt.Sprint(i)), "quotes.AAPL")
			}
			spin(l)
			p := publication("quotes.AAPL", fmt.Sprintf(`{"type":"quote","pad":"%0*d"}`, size-27, 0))
			b.ReportAllocs()
			for b.Loop() {
				l.node.fanOut(p)
				spin(l)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/subscribers, "ns/delivery")
		})
	}
}

// Publish on the caller's side: check, encode, credit, broker, inbox.
func BenchmarkPublish(b *testing.B) {
	object := json.RawMessage(`{"type":"quote","symbol":"AAPL","bid":187.41,"ask":187.43,"bid_size":300,"ask_size":200}`)
	for name, m := range map[string]Message{
		"object": {Channel: "quotes.AAPL", Object: object},
		"data":   {Channel: "quotes.AAPL", Data: object, Event: "quote"},
	} {
		b.Run(name, func(b *testing.B) {
			l := benchLoop(b, Config{})
			enter(seat(l, "1"), "quotes.AAPL")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.node.Publish(b.Context(), m); err != nil {
					b.Fatal(err)
				}
				spin(l)
			}
		})
	}
}

// A client subscribes to a channel and leaves it; both are answered.
func BenchmarkSubscribe(b *testing.B) {
	for name, channel := range map[string]string{"a new channel": "quotes.MSFT", "a live channel": "quotes.AAPL", "a pattern": "quotes.*"} {
		b.Run(name, func(b *testing.B) {
			l := benchLoop(b, Config{})
			enter(seat(l, "other"), "quotes.AAPL")
			c := seat(l, "1")
			spin(l)
			subscribe, unsubscribe := fmt.Appendf(nil, `{"type":"subscribe","channel":%q,"id":1}`, channel), fmt.Appendf(nil, `{"type":"unsubscribe","channel":%q,"id":2}`, channel)
			b.ReportAllocs()
			for b.Loop() {
				c.command(subscribe)
				c.command(unsubscribe)
				spin(l)
			}
		})
	}
}

// What an idle, subscribed connection costs: everything but the socket.
func BenchmarkConnMemory(b *testing.B) {
	for name, own := range map[string]bool{"shared channel": false, "own channel": true} {
		b.Run(name, func(b *testing.B) {
			var bytes float64
			for b.Loop() {
				bytes = bytesPerConn(b, 20_000, own)
			}
			b.ReportMetric(bytes, "B/conn")
		})
	}
}

// bytesPerConn seats n clients, each on a shared channel or on one of its own,
// and measures what the heap holds for one.
func bytesPerConn(tb testing.TB, n int, own bool) float64 {
	tb.Helper()
	l := benchLoop(tb, Config{Limits: Limits{MaxConnections: n}})
	before := heapInUse()
	for i := range n {
		c := seat(l, fmt.Sprintf("%08x_%d", i, 1700000000+i))
		channel := "quotes.AAPL"
		if own {
			channel = "orders." + c.who.userID()
		}
		c.subscribe(channel, joiner{})
		spin(l)
	}
	grown := heapInUse() - before
	runtime.KeepAlive(l)
	return float64(grown) / float64(n)
}
