package outcry

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// FuzzCommands sends arbitrary text messages, one per line, to a connection.
// Whatever they are: nothing panics, every answer is an object with a type, and
// the connection then answers a ping or was closed with a code of the table; when
// it is gone nothing of it is left.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping","timestamp":1,"id":"x"}`,
		"{\"type\":\"subscribe\",\"channels\":[\"a\",\"b.*\",\">\",\"@all\"]}\n{\"type\":\"publish\",\"channel\":\"a\",\"data\":{\"x\":[1]}}\n{\"type\":\"unsubscribe\",\"channel\":\"a\"}",
		"{\"type\":\"chat_message\",\"message\":\"hi\"}\n{\"type\":\"typing_indicator\",\"is_typing\":true}\n{\"type\":\"notification_ack\",\"notification_id\":5}",
		"{\"type\":\"history\",\"channel\":\"a\",\"since\":\"5m\",\"limit\":3}\n{\"type\":\"presence\",\"channel\":\"a\"}\n{\"type\":\"subscriptions\"}",
		"{\"type\":\"auth\",\"token\":\"t\"}\n{\"type\":\"pong\"}\n{\"type\":\"heartbeat\"}",
		"{\"type\":\"subscribe\",\"channel\":\"a\",\"last\":5,\"max_rate\":1.5}\nnull\n[]\n{\"type\":\"nope\"}\n{\"id\":1e400}",
		"{\"type\":\"custom\",\"id\":9}\n{\"type\":\"custom\",\"type\":\"ping\"}\n\xff\xfe\n",
	} {
		f.Add([]byte(seed))
	}
	l := newBareLoop(f, open())
	l.node.cfg.Broker.(*memoryBroker).sink.Store(new(Sink(sink{l.node})))
	l.node.routes["custom"] = custom(func(_ context.Context, req *Request) error { return req.Reply(map[string]string{"type": "customized"}) })
	f.Fuzz(func(t *testing.T, input []byte) {
		sock := &fakeSocket{room: -1}
		c := attach(l, sock)
		for line := range bytes.SplitSeq(input, []byte("\n")) {
			hear(c, ws.NewTextFrame(line))
		}
		served := len(sock.frames(t))
		hear(c, ws.NewTextFrame([]byte(`{"type":"ping","id":"last"}`)))
		frames := sock.frames(t)
		checkAnswers(t, frames)
		last := frames[len(frames)-1]
		if c.state == StateConnected && (len(frames) != served+1 || decode(t, string(last.Payload)).str("id") != "last") {
			t.Errorf("%d frames before the ping, %d after it, the last %q", served, len(frames), last.Payload)
		}
		if c.state != StateConnected && last.Header.OpCode != ws.OpClose {
			t.Errorf("closed without a Close frame: %q", last.Payload)
		}
		c.abandon(protocol.CloseAbnormal)
		spin(l)
		if n := len(l.hub.topics) + l.table.live + int(l.node.credits.taken.Load()); n != 0 || l.count.panics != 0 {
			t.Fatalf("%d topics, connections and credits are left, %d panics", n, l.count.panics)
		}
	})
}

// hear has c receive a frame, and everything that follows from it done.
func hear(c *conn, f ws.Frame) {
	if c.state < StateDisconnecting {
		c.receive(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewFrame(f.Header.OpCode, true, bytes.Clone(f.Payload)))))
	}
	for {
		spin(c.loop)
		if c.work == nil || !c.work.busy() || c.state >= StateDisconnecting {
			return
		}
		runtime.Gosched()
	}
}

// spin does what a turn of the Loop does, but for sockets and sleep.
func spin(l *loop) {
	l.tick()
	l.runControl()
	l.runPublications()
	l.releaseWaiting()
	l.flushAll()
}

// checkAnswers looks at what a client was sent.
func checkAnswers(t *testing.T, frames []ws.Frame) {
	t.Helper()
	for i, f := range frames {
		switch f.Header.OpCode {
		case ws.OpText:
			if o := decode(t, string(f.Payload)); o.str("type") == "" {
				t.Errorf("answer without a type: %s", f.Payload)
			}
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(f.Payload)
			if protocol.CloseCode(code).Name() == "" || i != len(frames)-1 {
				t.Errorf("Close frame %d of %d: %d", i+1, len(frames), code)
			}
		default:
			t.Errorf("frame %v", f.Header)
		}
	}
}
