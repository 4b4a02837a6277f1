package outcry

import (
	"context"
	"errors"
	"slices"

	"github.com/outcry-dev/outcry/protocol"
)

// route says how a message type is served. Exactly one function is set.
type route struct {
	// now is answered at once, even while earlier commands wait.
	now func(c *conn, cmd *protocol.Command)
	// onLoop runs on the Loop in its turn.
	onLoop func(c *conn, cmd *protocol.Command)
	// serial runs on the serial executor in its turn.
	serial func(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome
	// barrier has later commands wait for the outcome: it changes who the
	// client is, or may be a large reply.
	barrier bool
}

// builtinRoutes is the table of the protocol's own message types.
func builtinRoutes(h *Hooks) map[string]route {
	ignore := route{now: func(*conn, *protocol.Command) {}}
	routes := map[string]route{
		"ping":             {now: (*conn).onPing},
		"pong":             {now: (*conn).onPong},
		"heartbeat":        ignore,
		"subscribe":        {onLoop: (*conn).onSubscribe},
		"unsubscribe":      {onLoop: (*conn).onUnsubscribe},
		"subscriptions":    {onLoop: (*conn).onSubscriptions},
		"publish":          {serial: onPublish},
		"chat_message":     {serial: onChatMessage},
		"typing_indicator": {serial: onTypingIndicator},
		"notification_ack": {serial: onNotificationAck},
		"history":          {serial: onHistory, barrier: true},
		"presence":         {serial: onPresence, barrier: true},
		"auth":             {serial: onAuth, barrier: true},
	}
	if h.OnSubscribe != nil {
		routes["subscribe"] = route{serial: onSubscribeHooked}
	}
	return routes
}

// command serves one text message.
func (c *conn) command(payload []byte) {
	cmd := &c.loop.cmd
	if err := cmd.Decode(payload); err != nil {
		c.malformed(slices.Clone(cmd.ID), err)
		return
	}
	if c.state == StateConnecting && c.work != nil && c.work.busy() {
		// A login is under way: only after it can be said how to serve this.
		later := cmd.Clone()
		c.do(job{size: len(later.Raw), onLoop: func(c *conn) { c.dispatch(&later) }})
		return
	}
	c.dispatch(cmd)
}

// dispatch serves a command in its turn. It does not keep cmd.
func (c *conn) dispatch(cmd *protocol.Command) {
	if c.state == StateConnecting && cmd.Type != "auth" {
		c.refuse(protocol.Errorf(protocol.CodeUnauthenticated, "log in first: send {\"type\":\"auth\",\"token\":\"…\"}"), cmd.ID)
		return
	}
	r, ok := c.loop.node.routes[cmd.Type]
	if !ok {
		c.refuseInTurn(protocol.UnknownType(cmd.Type), slices.Clone(cmd.ID))
		return
	}
	switch {
	case r.now != nil:
		r.now(c, cmd)
	case r.onLoop != nil && (c.work == nil || !c.work.busy()):
		r.onLoop(c, cmd)
	default:
		c.enqueue(r, cmd)
	}
}

// enqueue keeps a command, copied, until its turn.
func (c *conn) enqueue(r route, shared *protocol.Command) {
	cmd := shared.Clone()
	j := job{size: len(cmd.Raw), id: cmd.ID, barrier: r.barrier}
	if r.onLoop != nil {
		j.onLoop = func(c *conn) { r.onLoop(c, &cmd) }
	} else {
		n := c.loop.node
		j.serial = func(ctx context.Context, who *session) outcome { return r.serial(ctx, n, who, &cmd) }
	}
	c.do(j)
}

// malformed answers what is not a command. Only what is no JSON object at all
// counts against the client.
func (c *conn) malformed(id []byte, err error) {
	if protocol.IsInvalidJSON(err) && c.tooManyBad() {
		c.close(protocol.CloseBadProtocol, "too many invalid messages")
		return
	}
	c.refuseInTurn(c.loop.node.public(err), id)
}

// refuseInTurn answers with an error when everything before it is done.
func (c *conn) refuseInTurn(err *Error, id []byte) {
	refuse := job{onLoop: func(c *conn) { c.refuse(err, id) }}
	if c.state == StateConnecting && c.work != nil && c.work.busy() {
		c.do(job{onLoop: func(c *conn) { c.do(refuse) }})
		return
	}
	c.do(refuse)
}

// tooManyBad counts one bad message.
func (c *conn) tooManyBad() bool {
	m := &c.meter
	if m.bad == 0 || c.loop.now-m.badSince > badWindow {
		m.badSince, m.bad = c.loop.now, 0
	}
	m.bad++
	return m.bad > maxBad
}

// refusal is the outcome of a command that failed.
func refusal(n *Node, err error, id []byte) outcome {
	e := n.public(err)
	return func(c *conn) { c.refuse(e, id) }
}

// public turns an error into one that may be shown. Others are logged.
func (n *Node) public(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, ErrBusy):
		return protocol.Errorf(protocol.CodeBusy, "too many publications in flight, try again")
	case errors.Is(err, ErrNoHistory):
		return protocol.Errorf(protocol.CodeNoHistory, "this channel keeps no history")
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrNotRunning), errors.Is(err, ErrDraining):
		return protocol.Errorf(protocol.CodeUnavailable, "temporarily unavailable, try again")
	}
	if !errors.Is(err, context.Canceled) {
		n.log.Error("command", errAttr(err))
	}
	return protocol.Errorf(protocol.CodeInternal, "internal error")
}
