package outcry

import (
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	flushChunk    = 16 << 10               // bytes gathered for one send
	flushSlice    = 500 * time.Microsecond // flushing between looks at input
	maxStarvation = 250                    // ms a lane may wait for the lanes above it
)

// pick is one gathered frame: its lane and length.
type pick struct {
	lane lane
	size int
}

// flush sends what waits for c, in order of the lanes, until all is gone or
// the socket takes no more.
func (c *conn) flush() {
	o := c.out
	if o == nil {
		return
	}
	l := c.loop
	c.flags &^= flagWaiting
	c.times.window = l.windowEnd()
	for !o.empty() {
		block, picks := c.gather()
		n, err := c.sock.Send(block)
		if err != nil {
			c.broken(err)
			return
		}
		c.settle(block, n, picks)
		if n < len(block) {
			c.block()
			return
		}
	}
	c.release()
}

// gather puts the next frames into the Loop's scratch buffer without taking
// them from their lanes, so that what the socket refuses can still be
// replaced. A large frame is not copied.
func (c *conn) gather() ([]byte, []pick) {
	o, l := c.out, c.loop
	if len(o.rest) > 0 {
		return o.rest, nil
	}
	c.tellGaps()
	buf, picks := l.scratch[:0], l.picks[:0]
	var next [laneCount]int
	for {
		ln, ok := o.nextLane(&next, l.now)
		if !ok {
			break
		}
		f := &o.lanes[ln]
		frame := f.items[f.head+next[ln]].frame
		if len(picks) > 0 && len(buf)+len(frame) > flushChunk {
			break
		}
		picks = append(picks, pick{ln, len(frame)})
		if len(frame) > flushChunk {
			buf = frame
			break
		}
		next[ln]++
		buf = append(buf, frame...)
	}
	l.picks = picks
	if len(picks) == 0 {
		o.rest, o.final = o.final, nil
		return o.rest, nil
	}
	if c.flags.has(flagBatch) {
		return l.batched(buf, picks)
	}
	return buf, picks
}

// nextLane chooses the lane of the next frame: the highest that has one, but
// a lower one whose head has waited for maxStarvation gets one frame first.
func (o *outbox) nextLane(taken *[laneCount]int, now millis) (lane, bool) {
	first, found := laneControl, false
	for l := range laneCount {
		if o.lanes[l].len() <= taken[l] {
			continue
		}
		if !found {
			first, found = l, true
			if l == laneControl {
				break
			}
			continue
		}
		if taken[l] == 0 && int32(now-o.lanes[l].since) > maxStarvation {
			return l, true
		}
	}
	return first, found
}

// tellGaps puts the pending gap notices first: they stand in the stream where
// the dropped messages would have stood.
func (c *conn) tellGaps() {
	o := c.out
	for _, g := range o.gaps {
		name := ""
		if g.topic != nil && !internal(g.topic.name) {
			name = g.topic.name
		}
		frame := encodeFrame(protocol.Gap{Channel: name, Lost: uint64(g.lost), Reason: "slow"})
		o.lanes[laneControl].push(entry{frame: frame}, c.loop.now)
		o.replies += len(frame)
	}
	clear(o.gaps) // or they would keep the topics
	o.gaps = o.gaps[:0]
}

// settle takes the frames that left from their lanes: n bytes of block were
// sent, which is the rest of an earlier frame or made of the picks.
func (c *conn) settle(block []byte, n int, picks []pick) {
	o, l := c.out, c.loop
	if len(picks) > 1 && c.flags.has(flagBatch) {
		c.settleArray(n, block, picks)
		return
	}
	if len(picks) == 0 {
		o.rest = o.rest[n:]
		o.moved(n, len(o.rest) == 0)
		if len(o.rest) == 0 {
			l.count.sent += uint64(max(1, o.begun))
			o.rest, o.begun = nil, 0
		}
		return
	}
	for _, p := range picks {
		if n == 0 {
			return
		}
		e := o.take(p.lane, l.now)
		if n < p.size {
			o.rest = e.frame[n:]
			o.moved(n, false)
			return
		}
		o.moved(p.size, true)
		n -= p.size
		l.count.sent++
	}
}

// moved notes that the socket took n bytes of a frame, its last ones if whole.
// The write deadline begins anew with each frame, and with each flushChunk of
// a larger one: a client that reads single bytes gains no time by it.
func (o *outbox) moved(n int, whole bool) {
	o.taken += n
	if whole || o.taken >= flushChunk {
		o.taken, o.blocked = 0, 0
	}
}

// block notes that the socket is full and asks for word when it is not.
func (c *conn) block() {
	o, l := c.out, c.loop
	if o.blocked == 0 {
		o.blocked = mark(l.now)
		l.wheel.soonest(c, o.blocked+min(busyGrace, l.node.limits.writeTimeout))
	}
	c.sock.WantWrite(true)
	c.adjustReading()
}

// release gives the empty outbox back and ends a close that waited for it.
func (c *conn) release() {
	c.loop.spares.give(c.out)
	c.out = nil
	c.adjustReading()
	if c.state == StateDisconnecting {
		c.finish()
	}
}

// markDirty has c flushed in this turn, or when its flush window ends.
func (l *loop) markDirty(c *conn) {
	if c.flags.has(flagDirty | flagUrgent) {
		return
	}
	c.flags |= flagDirty
	l.dirty.push(c)
}

// markUrgent has c flushed before all that are merely dirty.
func (l *loop) markUrgent(c *conn) {
	if c.flags.has(flagUrgent) {
		return
	}
	c.flags |= flagUrgent
	l.urgent.push(c)
}

// flushAll writes out what waits, in slices: between two of them control tasks
// and sockets are looked at, so that nobody waits for a broadcast to be written
// to others. Which messages leave together was decided when the publication
// lane was drained. What comes to wait meanwhile may be left for the next turn:
// clients that are never idle would otherwise keep it from coming.
func (l *loop) flushAll() {
	left := l.flushSome(l.urgent.len() + l.dirty.len())
	for left > 0 {
		l.yield()
		left = l.flushSome(left)
	}
}

// flushSome flushes at most so many Conns, for one slice, and returns how many
// of them are left. All have the start of the slice as that of their flush:
// windows that begin together end together, at one wake-up of the Loop.
func (l *loop) flushSome(most int) int {
	if most == 0 {
		return 0
	}
	l.tick()
	end := l.wall.Add(flushSlice)
	for i := range most {
		c := l.nextToFlush(i%2 == 1)
		if c == nil {
			return 0
		}
		l.guard(c, c.flushIfOpen)
		if i%8 == 7 && time.Now().After(end) {
			return most - i - 1
		}
	}
	return 0
}

// nextToFlush takes a Conn from the lists. Those with replies go first, but
// every other time it is the turn of the rest, if there are any.
func (l *loop) nextToFlush(rest bool) *conn {
	if rest {
		if c := l.nextDirty(); c != nil {
			return c
		}
	}
	if l.urgent.len() > 0 {
		c := l.urgent.pop()
		c.flags &^= flagUrgent
		return c
	}
	return l.nextDirty()
}

// nextDirty takes a Conn that has no replies. One inside its flush window is
// put aside.
func (l *loop) nextDirty() *conn {
	for l.dirty.len() > 0 {
		c := l.dirty.pop()
		c.flags &^= flagDirty
		if c.out == nil {
			continue
		}
		if c.inWindow() {
			l.hold(c)
			continue
		}
		return c
	}
	return nil
}

// flushIfOpen flushes c unless its socket is known to be full or gone.
func (c *conn) flushIfOpen() {
	if c.state != StateDisconnected && c.out != nil && c.out.blocked == 0 {
		c.flush()
	}
}

// writable is the event that follows block.
func (c *conn) writable() {
	if c.out == nil {
		return
	}
	c.flush()
}
