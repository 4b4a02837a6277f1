package echo

import (
	"errors"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
)

const (
	// maxFragments allows a suite to send 4 MiB in frames of 64 bytes.
	maxFragments = 1 << 17
	// maxPending is how many bytes may wait for a peer before it is not read
	// any further. One message more may come to wait.
	maxPending = 64 << 10
	// closeTime is how long a Close frame, and what goes before it, may take.
	closeTime = 2 * time.Second
)

// conn is one peer.
type conn struct {
	loop    *loop
	sock    netpoll.Socket // nil: gone
	token   netpoll.Token
	deflate wire.Deflate
	in      *wire.Assembly
	out     []byte    // frames that have not left
	paused  bool      // nothing is read, because of out
	held    []byte    // what had been read before
	until   time.Time // a close has begun and may take so long; zero: it has not
}

func (c *conn) gone() bool { return c.sock == nil }

// open reports whether what the peer sends is still looked at.
func (c *conn) open() bool { return !c.gone() && c.until.IsZero() }

// receive answers what is in data, which it may change but does not keep.
func (c *conn) receive(data []byte) {
	if c.paused {
		c.held = append(c.held, data...)
		return
	}
	for len(data) > 0 && c.open() {
		if len(c.out) >= maxPending {
			if c.flush(); len(c.out) >= maxPending {
				c.pause(data)
				return
			}
		}
		m, rest, err := wire.Next(&c.in, data, c.limits())
		if err != nil {
			c.refuse(err)
			return
		}
		c.answer(m)
		data = rest
	}
	c.flush()
}

func (c *conn) limits() wire.Limits {
	l := c.loop
	lim := wire.Limits{MessageSize: l.server.MaxMessageSize, Fragments: maxFragments}
	if c.deflate.WindowBits != 0 {
		if l.inflater == nil {
			l.inflater = wire.NewInflater()
		}
		lim.Inflater = l.inflater
	}
	return lim
}

// answer appends what m is answered with to out.
func (c *conn) answer(m wire.Message) {
	switch m.Op {
	case wire.OpText, wire.OpBinary:
		if c.deflate.WindowBits != 0 && c.deflate.Fits(len(m.Payload)) {
			c.out = c.loop.server.deflater.AppendFrame(c.out, m.Op, m.Payload)
			return
		}
		c.out = wire.AppendFrame(c.out, m.Op, m.Payload)
	case wire.OpPing:
		c.out = wire.AppendFrame(c.out, wire.OpPong, m.Payload)
	case wire.OpClose:
		code, _, err := wire.ParseClose(m.Payload)
		if err != nil {
			c.refuse(err)
			return
		}
		c.close(code, "")
	case wire.OpPong, wire.None: // nothing to say
	}
}

// refuse closes c for what its peer sent.
func (c *conn) refuse(err error) {
	if e, ok := errors.AsType[*wire.CloseError](err); ok {
		c.close(e.Code, e.Reason)
		return
	}
	c.close(uint16(ws.StatusInternalServerError), "internal error")
}

// close sends a Close frame behind what waits, and closes the socket when all
// of it has left. What the peer sends meanwhile is not looked at.
func (c *conn) close(code uint16, reason string) {
	if !c.open() {
		return
	}
	c.out = wire.AppendClose(c.out, code, reason)
	c.in, c.held = nil, nil
	c.until = time.Now().Add(closeTime)
	c.loop.leaving = append(c.loop.leaving, c)
	c.flush()
}

// flush sends what waits, as much as the socket takes.
func (c *conn) flush() {
	if c.gone() || len(c.out) == 0 {
		return
	}
	n, err := c.sock.Send(c.out)
	c.out = c.out[n:]
	switch {
	case err != nil:
		c.leave(true)
	case len(c.out) > 0:
		c.sock.WantWrite(true)
	case !c.until.IsZero():
		c.leave(false)
	default:
		c.out = nil
	}
}

// writable is the event that a flush asked for. It goes on with what waited
// for it.
func (c *conn) writable() {
	c.flush()
	if c.gone() || !c.paused || len(c.out) >= maxPending {
		return
	}
	held := c.held
	c.paused, c.held = false, nil
	c.sock.PauseRead(false)
	c.receive(held)
}

// pause stops reading and keeps data, which has been read.
func (c *conn) pause(data []byte) {
	if c.gone() {
		return
	}
	c.paused = true
	c.held = append(c.held, data...)
	c.sock.PauseRead(true)
}

// leave closes the socket, at once or when the driver has sent what it took.
func (c *conn) leave(abort bool) {
	c.sock.Close(abort)
	c.sock, c.out, c.held, c.in = nil, nil, nil, nil
	c.loop.remove(c)
}
