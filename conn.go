package outcry

import (
	"slices"
	"time"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// conn is one client connection. It is owned by its Loop: every field but loop
// and who is touched on that Loop's goroutine only, and other goroutines reach
// it by posting to the Loop. It is kept small, since a node holds very many:
// what an idle connection does not need hangs off a pointer that is nil.
type conn struct {
	loop    *loop
	sock    netpoll.Socket
	who     *session // replaced, never changed; set before the Loop knows the Conn
	out     *outbox  // nil while nothing waits to be sent
	in      *wire.Assembly
	work    *work // nil while no command waits or runs
	subs    []subscription
	timer   timer
	times   connTimes
	slot    uint32 // index in the Loop's table
	gen     uint32 // generation of that slot
	stamp   uint32 // last publication that reached it by more than one way
	state   State
	deflate wire.Deflate // what was negotiated of compression
	flags   connFlags
	meter   meter
}

// connTimes are the moments a Conn's deadlines are reckoned from. Zero means
// never, and a time that happens to be zero is stored as one.
type connTimes struct {
	connected millis
	received  millis // last bytes received
	pinged    millis // our ping that has not been answered
	lastPing  deci   // last ping of the client
	lastPong  deci   // last pong of the client
	heartbeat millis // next heartbeat
	message   millis // when the message under way began
	closing   millis // when to give up on a graceful end, or to begin one (draining)
	latest    millis // until when a graceful end that makes progress may last
	window    uint32 // microseconds since the node started, end of the flush window
}

// deci is a time in tenths of a second since the node started, for what may be
// long ago. Zero means never.
type deci uint32

// connFlags is a set of small facts about a Conn.
type connFlags uint16

const (
	flagDirty      connFlags = 1 << iota // in the Loop's list of Conns to flush
	flagUrgent                           // in the list that is flushed first
	flagWaiting                          // has messages that wait for the end of its flush window
	flagPaused                           // input is not read: too much of it waits
	flagWarned                           // token_expiring was sent
	flagReserved                         // holds a place of max_connections
	flagPending                          // holds a place of max_unauthenticated
	flagDraining                         // will be closed by the drain at times.closing
	flagRegistered                       // its client id is in the directory
	flagGreeted                          // connection_established was sent, OnDisconnect is due
	flagPinged                           // a ping of ours awaits its pong, which costs no budget
	flagBatch                            // asked for batch=1: may be sent JSON arrays
)

func (f connFlags) has(x connFlags) bool { return f&x != 0 }

// meter holds the budgets of one client.
type meter struct {
	badSince millis // start of the minute in which bad messages are counted
	bad      uint8
	control  gcra
}

// Budgets of one client.
const (
	maxBad         = 100    // unparsable messages …
	badWindow      = 60_000 // … within so many ms, then 4500
	controlEvery   = 10     // ms per control frame sustained …
	controlBurst   = 1000   // … and so many at once, then 1008
	pongsUnlimited = 8      // pongs waiting before a newer one replaces them
)

// gcra is the theoretical arrival time of the generic cell rate algorithm, in
// ms: a token bucket in four bytes.
type gcra millis

// allow takes one cell from a bucket that refills one every ms and holds
// burst. It reports false when the bucket is empty.
func (g *gcra) allow(now millis, every, burst int32) bool {
	ahead := int32(millis(*g) - now)
	if *g == 0 || ahead < 0 || ahead > every*(burst+1) { // new, in the past, or so long ago that the clock has wrapped
		ahead = 0
	}
	if ahead > every*burst {
		return false
	}
	*g = gcra(mark(now + millis(ahead+every)))
	return true
}

// token is what the driver hands back with the events of c.
func (c *conn) token() netpoll.Token { return netpoll.Token(c.slot)<<32 | netpoll.Token(c.gen) }

// admitted reports whether c has got as far as its Loop. Its client id is
// known a little earlier, while the HTTP goroutine still makes it ready.
func (c *conn) admitted() bool { return c.sock != nil }

// jitter spreads what is due for Conns that were accepted together, pings and
// the first heartbeat: a fixed share of 0 to 10 % of d, different for
// neighbouring Conns.
func (c *conn) jitter(d millis) millis {
	h := (c.slot*2654435761 + c.gen*40503) >> 16 & 0xff
	return d / 10 * millis(h) / 256
}

// mark stores a time that must not be zero.
func mark(now millis) millis { return max(now, 1) }

// deci is the time of the present turn in tenths of a second.
func (l *loop) deci() deci {
	return max(1, deci(l.wall.Sub(l.node.start)/(100*time.Millisecond)))
}

// reply queues a message for c alone, before every publication, and has it
// sent as soon as the Loop gets to it. id-less and id-carrying replies alike.
func (c *conn) reply(m message) {
	l := c.loop
	l.countReply(m)
	l.reply = m.AppendJSON(wire.BeginFrame(l.reply[:0]))
	c.sendControl(slices.Clone(wire.EndFrame(l.reply, wire.OpText)))
	if cap(l.reply) > maxSpareReply {
		l.reply = nil
	}
}

// maxSpareReply is how large a buffer for replies a Loop keeps, in bytes.
const maxSpareReply = 64 << 10

// message is a protocol message the server makes.
type message interface{ AppendJSON(dst []byte) []byte }

// encodeFrame makes the text frame of m.
func encodeFrame(m message) []byte {
	buf := wire.BeginFrame(make([]byte, 0, 256))
	return wire.EndFrame(m.AppendJSON(buf), wire.OpText)
}

// encodePayload makes the text frame of an encoded payload.
func encodePayload(payload []byte) []byte {
	frame := make([]byte, 0, wire.HeaderSize(len(payload))+len(payload))
	return append(wire.AppendHeader(frame, wire.OpText, len(payload)), payload...)
}

// refuse answers a command with an error.
func (c *conn) refuse(err *Error, id []byte) {
	c.reply(protocol.ErrorMessage{ID: id, Code: err.Code, Message: err.Message, RetryAfter: err.RetryAfter})
}
