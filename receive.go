package outcry

import (
	"errors"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// unauthenticatedSize is the message size limit before login, in bytes.
const unauthenticatedSize = 8 << 10

// turnInput is how many bytes of messages one client has served in a turn, the
// one that exceeds it included.
const turnInput = 256 << 10

// receive handles bytes from the client. data may be changed and is not kept.
func (c *conn) receive(data []byte) {
	c.times.received = mark(c.loop.now)
	c.times.pinged = 0
	c.heard()
	for taken := 0; ; {
		if c.state >= StateDisconnecting {
			return
		}
		if c.flags.has(flagPaused) && len(data) > 0 {
			c.work.saved = append(c.work.saved, data...)
			return
		}
		m, rest, err := wire.Next(&c.in, data, c.wireLimits())
		if err != nil {
			c.closeBy(err)
			return
		}
		if m.Op == wire.None {
			c.underway()
			return
		}
		if c.in == nil {
			c.times.message = 0 // a control frame between fragments does not end the message
		}
		taken += len(m.Payload)
		c.handle(m)
		data = rest
		if taken > turnInput && len(data) > 0 && c.state < StateDisconnecting && !c.flags.has(flagPaused) {
			c.goOnLater(data)
			return
		}
	}
}

// goOnLater has c's input wait for the Loop's next turn: a read of 64 KB may
// inflate to a thousand times as much.
func (c *conn) goOnLater(data []byte) {
	c.flags |= flagPaused
	c.needWork()
	c.sock.PauseRead(true)
	c.work.saved = append(c.work.saved, data...)
	c.loop.inbox.post(func(*loop) { c.resume() })
}

func (c *conn) wireLimits() wire.Limits {
	l := &c.loop.node.cfg.Limits
	size := l.MaxMessageSize
	if c.state == StateConnecting {
		size = min(size, unauthenticatedSize)
	}
	return wire.Limits{MessageSize: size, Fragments: l.MaxFragments, Inflater: c.loop.inflaterFor(c)}
}

// underway starts the deadline of a message of which a part has come.
func (c *conn) underway() {
	if c.in == nil {
		c.times.message = 0
		return
	}
	if c.times.message == 0 {
		c.times.message = mark(c.loop.now)
		c.loop.wheel.soonest(c, c.loop.now+c.loop.node.limits.message)
	}
}

// handle serves one complete frame or message.
func (c *conn) handle(m wire.Message) {
	switch m.Op {
	case wire.OpText:
		c.loop.count.received++
		c.command(m.Payload)
	case wire.OpBinary:
		c.loop.count.received++
		c.close(protocol.CloseUnsupported, "binary messages are not part of this protocol")
	case wire.OpPing:
		if c.withinControlBudget() {
			c.times.lastPing = c.loop.deci()
			c.pong(m.Payload)
		}
	case wire.OpPong:
		if c.flags.has(flagPinged) || c.withinControlBudget() {
			c.flags &^= flagPinged
			c.times.lastPong = c.loop.deci()
		}
	case wire.OpClose:
		c.peerClosed(m.Payload)
	case wire.OpContinuation: // never the opcode of a whole message
	}
}

func (c *conn) withinControlBudget() bool {
	if c.meter.control.allow(c.loop.now, controlEvery, controlBurst) {
		return true
	}
	c.close(protocol.ClosePolicy, "too many ping or pong frames")
	return false
}

// pong answers a ping. A client that does not read gets only the latest of
// many (RFC 6455 5.5.3).
func (c *conn) pong(payload []byte) {
	frame := wire.AppendFrame(nil, wire.OpPong, payload)
	if c.out != nil {
		f := &c.out.lanes[laneControl]
		if n := f.len(); n >= pongsUnlimited && c.out.blocked != 0 {
			last := &f.items[len(f.items)-1]
			if wire.Opcode(last.frame[0]&0x0f) == wire.OpPong {
				c.out.replies += len(frame) - len(last.frame)
				last.frame = frame
				return
			}
		}
	}
	c.sendControl(frame)
}

// closeBy closes c for an error of the frame layer.
func (c *conn) closeBy(err error) {
	if ce, ok := errors.AsType[*wire.CloseError](err); ok {
		c.close(protocol.CloseCode(ce.Code), ce.Reason)
		return
	}
	c.close(protocol.CloseInternal, "internal error")
}

// tooMuchWaits reports whether c's commands or replies have piled up so far
// that its socket should not be read.
func (c *conn) tooMuchWaits() bool {
	return c.work != nil && c.work.full() || c.repliesWait()
}

// repliesWait reports whether so many replies wait that no command should be
// served until some have left.
func (c *conn) repliesWait() bool { return c.out != nil && c.out.replies > replyPause }

// holdReading stops reading c's socket if too much waits.
func (c *conn) holdReading() {
	if c.state < StateDisconnecting && c.sock != nil && !c.flags.has(flagPaused) && c.tooMuchWaits() {
		c.flags |= flagPaused
		c.needWork()
		c.sock.PauseRead(true)
	}
}

// adjustReading stops reading c's socket, or has c go on with what it stopped.
func (c *conn) adjustReading() {
	c.holdReading()
	if c.state >= StateDisconnecting || c.repliesWait() {
		return
	}
	if c.flags.has(flagPaused) && !c.tooMuchWaits() || c.work != nil && c.work.ready() {
		c.loop.inbox.post(func(*loop) { c.resume() })
	}
}

// resume serves the commands and the input that were kept, and reads on.
func (c *conn) resume() {
	defer c.loop.recoverConn(c)
	c.advance()
	if !c.flags.has(flagPaused) || c.state >= StateDisconnecting || c.tooMuchWaits() {
		return
	}
	c.flags &^= flagPaused
	saved := c.work.saved
	c.work.saved = nil
	c.times.received = mark(c.loop.now) // the deadlines begin anew
	if c.times.message != 0 {
		c.times.message = c.times.received
	}
	if len(saved) > 0 {
		c.receive(saved)
	}
	if c.state < StateDisconnecting && !c.flags.has(flagPaused) {
		c.times.pinged = 0
		c.sock.PauseRead(false)
		c.freeWork()
		c.loop.wheel.set(c, c.loop.now)
	}
}
