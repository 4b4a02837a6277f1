package outcry

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// Every method of a Node is safe for concurrent use, whatever its clients do:
// connections come and go, are taken over, flood and break off, while callers
// publish, subscribe, list, group and disconnect. Nothing is left of it.
func TestEverythingAtOnce(t *testing.T) {
	const duration, callers, visitors = 1500 * time.Millisecond, 4, 6
	cfg := secured()
	cfg.Loops, cfg.Queue.InFlight, cfg.Limits.MaxConnections = 3, 20, 50
	cfg.Rules = []Rule{{Match: "x.>", ClientPublish: true, Presence: true}, {Match: ">", Priority: PriorityLow}}
	var came, went atomic.Int64
	cfg.Hooks = Hooks{
		OnConnect: func(context.Context, Client) (json.RawMessage, error) {
			came.Add(1)
			return json.RawMessage(`{"a":1}`), nil
		},
		OnDisconnect:  func(context.Context, Client, protocol.CloseCode, string) { went.Add(1) },
		OnUnsubscribe: func(context.Context, Client, string) {},
		OnPublish:     func(_ context.Context, _ Client, m *Message) error { m.Key = "k"; return nil },
	}
	r := start(t, cfg, func(n *Node) {
		n.Handle("echo", func(ctx context.Context, req *Request) error { return req.Reply(json.RawMessage(`{"type":"echoed"}`)) })
	})
	control := r.connect("/ws/control?token=control")
	before := measure(r)
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { r.callAtRandom(ctx, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	for i := range visitors {
		wg.Go(func() { r.visitAtRandom(ctx, rand.New(rand.NewPCG(2, uint64(i)))) })
	}
	for ctx.Err() == nil { // the control client reads what it is sent
		control.send(`{"type":"ping"}`)
		for control.message().str("type") != "pong" {
		}
	}
	wg.Wait()
	settled(t, r, control, before)
	if came, went := came.Load(), went.Load(); went == 0 || went >= came {
		t.Errorf("%d OnDisconnect for %d OnConnect, one of which is still there", went, came)
	}
	if n := r.leftTopics(); n != 0 {
		t.Errorf("%d topics are left", n)
	}
	s, err := r.Stats(t.Context())
	if err != nil || s.Panics != 0 || s.Channels != 0 || s.UsersWithConns != 1 {
		t.Errorf("stats %+v, %v", s, err)
	}
	if members, err := r.Members(t.Context(), "x.a"); err != nil || len(members) != 0 {
		t.Errorf("present %v, %v", members, err)
	}
}

// callAtRandom calls the methods of the node in no order.
func (r *rig) callAtRandom(ctx context.Context, rnd *rand.Rand) {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	msg := json.RawMessage(`{"type":"stress","n":1}`)
	for ctx.Err() == nil {
		id, user := pick("c0", "c1", "c2", "c3", "nobody"), pick("u0", "u1", "u2")
		channel, group := pick("x.a", "x.b", "y"), pick("g", "h")
		calls := []func(){
			func() { _, _ = r.Publish(ctx, Message{Channel: channel, Object: msg}) },
			func() { _, _, _ = r.SendToChannel(ctx, Message{Channel: channel, Data: msg}) },
			func() { _, _ = r.SendToClient(ctx, id, msg) },
			func() { _, _ = r.SendToUser(ctx, user, msg) },
			func() { _, _ = r.SendToGroup(ctx, group, msg) },
			func() { _, _ = r.Broadcast(ctx, msg) },
			func() { _ = r.Subscribe(ctx, id, pick("x.a", "x.*", ">")) },
			func() { _ = r.Unsubscribe(ctx, id, pick("x.a", "x.*", ">")) },
			func() { _, _ = r.SubscribeUser(ctx, user, channel) },
			func() { _, _ = r.UnsubscribeUser(ctx, user, channel) },
			func() { _ = r.Disconnect(ctx, id, protocol.CloseNormal, "") },
			func() { _, _ = r.DisconnectUser(ctx, user, protocol.CloseGoingAway, "") },
			func() { _ = r.AddToGroup(ctx, group, user) },
			func() { _ = r.RemoveFromGroup(ctx, group, user) },
			func() { _, _ = r.GroupUsers(ctx, group) },
			func() { _, _ = r.Client(ctx, id) },
			func() { _, _ = r.Clients(ctx, Page{Limit: 3}) },
			func() { _, _ = r.Channel(ctx, channel) },
			func() { _, _ = r.Channels(ctx, Page{}) },
			func() { _, _ = r.Users(ctx, Page{}) },
			func() { _, _ = r.Members(ctx, channel) },
			func() { _, _ = r.History(ctx, channel, HistoryQuery{}) },
			func() { _, _ = r.Stats(ctx) },
			func() { _, _ = r.Ready(), r.Name() },
		}
		calls[rnd.IntN(len(calls))]()
	}
}

// visitAtRandom connects, sends a handful of commands and leaves in one of
// several ways.
func (r *rig) visitAtRandom(ctx context.Context, rnd *rand.Rand) {
	commands := []string{
		`{"type":"subscribe","channels":["x.a","x.*","y"]}`, `{"type":"unsubscribe","channels":["x.a",">"]}`, `{"type":"publish","channel":"x.a","data":1}`,
		`{"type":"chat_message","channel":"x.b","message":"m"}`, `{"type":"echo","id":1}`, `{"type":"ping"}`, `{"type":"presence","channel":"x.a"}`,
		`{"type":"auth","token":"u0/h"}`, `{"type":"subscriptions"}`, `{"type":`, `{"type":"nope"}`, `{"type":"notification_ack","notification_id":1}`,
	}
	for ctx.Err() == nil {
		path := fmt.Sprintf("ws://node.test/ws/c%d", rnd.IntN(4))
		if rnd.IntN(3) > 0 {
			path += fmt.Sprintf("?token=u%d/g", rnd.IntN(3))
		}
		nc, ok := r.visit(ctx, path)
		if !ok {
			continue
		}
		var sent []byte
		for range rnd.IntN(20) {
			sent = append(sent, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(commands[rnd.IntN(len(commands))]))))...)
		}
		_, _ = nc.Write(sent)
		_ = nc.SetReadDeadline(time.Now().Add(time.Duration(rnd.IntN(30)) * time.Millisecond))
		_, _ = nc.Read(make([]byte, 1<<16))
		switch rnd.IntN(3) {
		case 0:
			_, _ = nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))))
		case 1:
			_ = nc.(*net.TCPConn).SetLinger(0)
		}
		_ = nc.Close()
	}
}

// visit dials; being refused is part of the game.
func (r *rig) visit(ctx context.Context, url string) (net.Conn, bool) {
	d := ws.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return r.dial() }}
	nc, _, _, err := d.Dial(ctx, url)
	if err != nil {
		if nc != nil {
			_ = nc.Close()
		}
		return nil, false
	}
	return nc, true
}
