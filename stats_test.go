package outcry

import (
	"encoding/json"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// Every figure, exactly, after a known course of events.
func TestStats(t *testing.T) {
	cfg := secured()
	cfg.Loops = 2
	cfg.Rules = []Rule{{Match: "chat.*", ClientPublish: true}}
	r := start(t, cfg)
	check := func(when string, want Stats) {
		t.Helper()
		eventually(t, "everything is written", func() bool { s, err := r.Stats(t.Context()); return err == nil && s.QueuedBytes == 0 })
		got, err := r.Stats(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", when, err, diff)
		}
	}
	want := Stats{}
	check("at first", want)

	a, b := r.connect("/ws/a?token=u/g"), r.connect("/ws/b?token=u")
	waiting := r.connecting("/ws/w")
	want.TotalConnections, want.ActiveConnections, want.Unauthenticated, want.UsersWithConns = 3, 2, 1, 1
	want.MessagesSent = 3 // two greetings, one auth_required
	check("connected", want)

	a.subscribe("chat.1")
	a.subscribe("chat.*")
	b.subscribe("chat.1")
	b.subscribe("chat.1")
	want.MessagesReceived, want.MessagesSent = 4, want.MessagesSent+4
	want.Subscriptions, want.Channels = 3, 1 // a pattern is no channel
	check("subscribed", want)

	r.toChannel("chat.1", 1) // to a and b
	r.toChannel("chat.2", 1) // to a
	if _, err := r.Broadcast(t.Context(), json.RawMessage(`{"type":"x"}`)); err != nil {
		t.Fatal(err)
	}
	a.send(`{"type":"publish","channel":"chat.2","data":1}`) // the message and the result
	want.MessagesReceived, want.MessagesSent = want.MessagesReceived+1, want.MessagesSent+2+1+2+2
	for range 5 {
		a.message()
	}
	b.want("n")
	b.want("x")
	check("published", want)

	for _, bad := range []string{
		`{"type":"nope"}`, `{`, `{"type":"subscribe","channel":"@all"}`, `{"type":"unsubscribe","channel":"@all"}`,
		`{"type":"publish","channel":"x","data":1}`, `{"type":"history","channel":"x"}`,
	} {
		b.send("%s", bad)
		b.message()
		want.MessagesReceived, want.MessagesSent, want.Errors = want.MessagesReceived+1, want.MessagesSent+1, want.Errors+1
	}
	b.frame(ws.OpPing, nil) // a frame, but no message
	_, _, _ = b.next()
	want.MessagesSent++
	check("errors answered", want)

	waiting.login("v")
	want.MessagesReceived, want.MessagesSent = want.MessagesReceived+1, want.MessagesSent+2
	want.ActiveConnections, want.Unauthenticated, want.UsersWithConns = 3, 0, 2
	check("logged in", want)

	a.frame(ws.OpClose, ws.NewCloseFrameBody(1000, "")) // a regular end
	a.wantClose(1000)
	want.MessagesSent++
	want.ActiveConnections, want.Subscriptions, want.UsersWithConns = 2, 1, 2
	check("one has left", want)

	b.frame(ws.OpBinary, nil) // an abnormal one
	b.wantClose(1003)
	want.MessagesReceived, want.MessagesSent, want.Errors = want.MessagesReceived+1, want.MessagesSent+1, want.Errors+1
	want.ActiveConnections, want.Subscriptions, want.Channels, want.UsersWithConns = 1, 0, 0, 1
	check("one was closed", want)

	waiting.conn.Close() // so is one without a Close frame
	want.Errors++
	want.ActiveConnections, want.UsersWithConns = 0, 0
	eventually(t, "all are gone", func() bool { return r.active.Load() == 0 })
	check("at the end", want)
}

// What waits for a client that does not read is shown, and forgotten with it.
func TestQueueStats(t *testing.T) {
	l := newBareLoop(t, open())
	c := attach(l, &fakeSocket{})
	enter(c, "a")
	c.publish(entry{frame: text(`{}`)}, laneNormal, OverflowGap)
	c.publish(entry{frame: text(`{"n":1}`)}, laneNormal, OverflowGap)
	c.sendControl(text(`"reply"`))
	got := l.stats()
	if want := (loopStats{subscriptions: 1, messages: 2, bytes: 4 + 9 + 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	c.abandon(1006)
	if got := l.stats(); got.messages+got.bytes+got.subscriptions != 0 {
		t.Errorf("left: %+v", got)
	}
}
