package outcry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// closeWait is how long, in ms, a Close frame may wait for room in the socket.
const closeWait = 1000

// admit makes an upgraded connection part of the Loop. early is what the
// client sent right behind its request.
func (l *loop) admit(c *conn, nc net.Conn, early []byte) {
	if l.ended || c.state != StateConnecting { // disconnected while it was upgraded
		l.turnAway(c, nc)
		return
	}
	l.table.add(c)
	if c.takesCompressed() {
		l.node.compression.clients.Add(1)
	}
	sock, err := l.poll.Add(nc, c.token())
	if err != nil {
		c.vacate()
		l.node.log.Warn("taking over a connection", slog.Any("conn", c.who), errAttr(err))
		l.turnAway(c, nc)
		return
	}
	c.sock = sock
	c.times.connected, c.times.received = mark(l.now), mark(l.now)
	l.count.accepted++
	l.wheel.set(c, l.now)
	defer l.recoverConn(c)
	switch {
	case l.node.draining.Load():
		c.close(protocol.CloseDraining, "node is shutting down")
		return
	case c.flags.has(flagPending):
		c.reply(protocol.AuthRequired{Timeout: l.node.cfg.Timing.AuthTimeout})
	default:
		c.greet()
	}
	if len(early) > 0 {
		c.receive(early)
	}
}

// turnAway ends a connection that never became part of the Loop.
func (l *loop) turnAway(c *conn, nc net.Conn) {
	c.state = StateDisconnected
	l.node.giveBack(c)
	l.node.executors.run(func() { closeQuietly(nc) }) // a TLS close may block
}

func closeQuietly(nc net.Conn) {
	defer func() { _ = recover() }()
	_ = nc.Close()
}

// greet makes c a connected client: connection_established, its internal
// channels, and the channels its identity names.
func (c *conn) greet() {
	n := c.loop.node
	c.state = StateConnected
	c.flags |= flagGreeted
	t := &n.cfg.Timing
	if t.HeartbeatInterval > 0 {
		c.times.heartbeat = mark(c.loop.now + n.limits.heartbeat - c.jitter(n.limits.heartbeat))
	}
	heartbeat := max(t.HeartbeatInterval, 0)
	c.reply(protocol.ConnectionEstablished{
		ClientID:          c.who.clientID,
		Session:           c.who.secretText(),
		UserID:            c.who.userID(),
		Node:              n.cfg.NodeName,
		Timestamp:         c.loop.wall,
		HeartbeatInterval: heartbeat,
		Limits:            protocol.Limits{MaxMessageSize: n.cfg.Limits.MaxMessageSize, MaxChannels: n.cfg.Limits.MaxChannels},
	})
	if c.who.userID() != "" {
		c.join(c.who.private)
	}
	for _, g := range n.groups.of(c.who) {
		c.join(prefixGroup + g)
	}
	for _, ch := range c.who.channels() {
		c.subscribe(ch, joiner{})
	}
	c.loop.wheel.set(c, c.loop.now)
}

// join subscribes c to an internal channel.
func (c *conn) join(channel string) {
	if c.find(channel) < 0 {
		c.begin(c.loop.topicFor(channel, false))
		c.goLive(len(c.subs) - 1)
	}
}

// close ends c with a Close frame, dropping what waits for it.
func (c *conn) close(code protocol.CloseCode, reason string) {
	if c.state >= StateDisconnecting {
		return
	}
	if c.out != nil {
		c.out.discard()
	}
	c.closeAfterFlush(code, reason)
}

// closeAfterFlush ends c with a Close frame behind what waits for it. Its id,
// place and subscriptions are free at once.
func (c *conn) closeAfterFlush(code protocol.CloseCode, reason string) {
	if c.state >= StateDisconnecting {
		return
	}
	if abnormal(code) {
		c.loop.count.errors++
	}
	c.part(code, reason)
	if c.sock == nil {
		c.finish()
		return
	}
	c.flags &^= flagDraining
	c.sayGoodbye(wire.AppendClose(nil, uint16(code), reason))
}

// sayGoodbye sends a Close frame behind what waits; when it has left, or has
// not for closeWait, the connection is closed.
func (c *conn) sayGoodbye(frame []byte) {
	o := c.box()
	o.final = frame
	c.times.closing = mark(c.loop.now + closeWait)
	c.times.latest = mark(c.loop.now + c.loop.node.limits.drain)
	c.loop.wheel.soonest(c, c.times.closing)
	if o.blocked == 0 {
		c.flush()
	}
}

// stillFlushing gives a Conn that is closing, and whose queue is to be flushed,
// more time as long as the client reads.
func (c *conn) stillFlushing() bool {
	o := c.out
	if o == nil || o.empty() || o.blocked == 0 || !c.loop.now.before(c.times.latest) {
		return false
	}
	until := o.blocked + closeWait // blocked is when it last took something
	if !c.loop.now.before(until) {
		return false
	}
	c.times.closing = mark(until)
	return true
}

// abnormal reports whether a close code counts as an error.
func abnormal(code protocol.CloseCode) bool {
	switch code {
	case protocol.CloseNormal, protocol.CloseGoingAway, protocol.CloseNoStatus, protocol.CloseDraining, protocol.CloseReplaced:
		return false
	default:
		return true
	}
}

// part takes c out of everything but the Loop's table and has OnDisconnect
// called, last of c's hooks.
func (c *conn) part(code protocol.CloseCode, reason string) {
	n := c.loop.node
	c.state = StateDisconnecting
	n.giveBack(c)
	c.detachAll()
	c.in = nil
	c.stopWork()
	if hook := n.cfg.Hooks.OnDisconnect; hook != nil && c.flags.has(flagGreeted) {
		who := c.who
		c.whenIdle(func(ctx context.Context) { hook(ctx, who.client(), code, reason) })
	} else if c.work != nil {
		c.whenIdle(nil)
	}
	n.log.Debug("disconnected", slog.Any("conn", c.who), slog.Int("code", int(code)), slog.String("reason", reason))
}

// finish hands c to the driver, which sends what it took, shuts down and
// closes.
func (c *conn) finish() {
	if c.state == StateDisconnected {
		return
	}
	c.leave()
	if c.sock != nil {
		c.sock.Close(false)
	}
}

// abandon cuts c off.
func (c *conn) abandon(code protocol.CloseCode) {
	if c.state == StateDisconnected {
		return
	}
	if c.state < StateDisconnecting {
		c.part(code, "")
	}
	c.leave()
	if c.sock != nil {
		c.sock.Close(true)
	}
}

// leave takes c out of the Loop's table.
func (c *conn) leave() {
	c.state = StateDisconnected
	c.loop.wheel.clear(c)
	c.vacate()
	c.out = nil
}

// vacate gives c's slot back.
func (c *conn) vacate() {
	if c.loop.table.remove(c) && c.takesCompressed() {
		c.loop.node.compression.clients.Add(-1)
	}
}

// broken is called when the transport has ended or failed.
func (c *conn) broken(err error) {
	if p, ok := errors.AsType[*netpoll.PanicError](err); ok {
		c.loop.notePanic("driver", panicked{fmt.Sprint(p.Value), string(p.Stack)}, slog.Any("conn", c.who))
	}
	if c.state < StateDisconnecting {
		c.loop.count.errors++
	}
	c.abandon(protocol.CloseAbnormal)
}

// peerClosed answers the client's Close frame.
func (c *conn) peerClosed(payload []byte) {
	code, reason, err := wire.ParseClose(payload)
	if err != nil {
		c.closeBy(err)
		return
	}
	c.part(protocol.CloseCode(code), reason)
	if c.out != nil {
		c.out.discard()
	}
	c.sayGoodbye(wire.AppendClose(nil, code, ""))
}
