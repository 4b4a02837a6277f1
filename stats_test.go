package outcry

import (
	"encoding/json"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// figures is a node and what its Stats have to be.
type figures struct {
	*rig
	want Stats
}

// check compares the figures when everything has been written.
func (g *figures) check(when string) {
	g.t.Helper()
	eventually(g.t, "everything is written", func() bool { s, err := g.Stats(g.t.Context()); return err == nil && s.QueuedBytes == 0 })
	got, err := g.Stats(g.t.Context())
	if diff := cmp.Diff(g.want, got); err != nil || diff != "" {
		g.t.Fatalf("%s: %v (-want +got):\n%s", when, err, diff)
	}
}

// Every figure, exactly, after a known course of events.
func TestStats(t *testing.T) {
	cfg := secured()
	cfg.Loops = 2
	cfg.Rules = []Rule{{Match: "chat.*", ClientPublish: true}}
	g := &figures{rig: start(t, cfg)}
	g.check("at first")

	a, b := g.connect("/ws/a?token=u/g"), g.connect("/ws/b?token=u")
	waiting := g.connecting("/ws/w")
	g.want.TotalConnections, g.want.ActiveConnections, g.want.Unauthenticated, g.want.UsersWithConns = 3, 2, 1, 1
	g.want.MessagesSent = 3 // two greetings, one auth_required
	g.check("connected")

	a.subscribe("chat.1")
	a.subscribe("chat.*")
	b.subscribe("chat.1")
	b.subscribe("chat.1")
	g.want.MessagesReceived += 4
	g.want.MessagesSent += 4
	g.want.Subscriptions, g.want.Channels = 3, 1 // a pattern is no channel
	g.check("subscribed")

	g.publications(a, b)
	g.refusals(b)
	waiting.login("v")
	g.want.MessagesReceived++
	g.want.MessagesSent += 2
	g.want.ActiveConnections, g.want.Unauthenticated, g.want.UsersWithConns = 3, 0, 2
	g.check("logged in")
	g.partings(a, b, waiting)
}

func (g *figures) publications(a, b *client) {
	g.t.Helper()
	g.toChannel("chat.1", 1) // to a and b
	g.toChannel("chat.2", 1) // to a
	if _, err := g.Broadcast(g.t.Context(), json.RawMessage(`{"type":"x"}`)); err != nil {
		g.t.Fatal(err)
	}
	a.send(`{"type":"publish","channel":"chat.2","data":1}`) // the message and the result
	g.want.MessagesReceived++
	g.want.MessagesSent += 2 + 1 + 2 + 2
	for range 5 {
		a.message()
	}
	b.want("n")
	b.want("x")
	g.check("published")
}

func (g *figures) refusals(c *client) {
	g.t.Helper()
	for _, bad := range []string{
		`{"type":"nope"}`, `{`, `{"type":"subscribe","channel":"@all"}`, `{"type":"unsubscribe","channel":"@all"}`,
		`{"type":"publish","channel":"x","data":1}`, `{"type":"history","channel":"x"}`,
	} {
		c.send("%s", bad)
		c.message()
		g.want.MessagesReceived++
		g.want.MessagesSent++
		g.want.Errors++
	}
	c.frame(ws.OpPing, nil) // a frame, but no message
	_, _, _ = c.next()
	g.want.MessagesSent++
	g.check("errors answered")
}

func (g *figures) partings(polite, wrong, broken *client) {
	g.t.Helper()
	polite.frame(ws.OpClose, ws.NewCloseFrameBody(1000, ""))
	polite.wantClose(1000)
	g.want.MessagesSent++
	g.want.ActiveConnections, g.want.Subscriptions, g.want.UsersWithConns = 2, 1, 2
	g.check("one has left")

	wrong.frame(ws.OpBinary, nil)
	wrong.wantClose(1003)
	g.want.MessagesReceived++
	g.want.MessagesSent++
	g.want.Errors++
	g.want.ActiveConnections, g.want.Subscriptions, g.want.Channels, g.want.UsersWithConns = 1, 0, 0, 1
	g.check("one was closed")

	broken.conn.Close()
	g.want.Errors++
	g.want.ActiveConnections, g.want.UsersWithConns = 0, 0
	eventually(g.t, "all are gone", func() bool { return g.active.Load() == 0 })
	g.check("at the end")
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
