package outcry

import "github.com/outcry-dev/outcry/protocol"

// lane is a queue of one priority.
type lane uint8

// The lanes, first served first.
const (
	laneControl lane = iota // replies, pongs, Close
	laneHigh
	laneNormal
	laneLow
	laneCount
)

// laneOf maps a rule's priority to its lane.
func laneOf(p Priority) lane {
	switch p {
	case PriorityHigh:
		return laneHigh
	case PriorityLow:
		return laneLow
	default:
		return laneNormal
	}
}

// Limits of the replies that wait for one client.
const (
	replyPause = 64 << 10  // stop reading commands
	replyClose = 256 << 10 // 4003
)

// entry is one frame that waits.
type entry struct {
	frame []byte // whole frame; shared, immutable
	topic *topic // the subscription it came by; nil for replies and direct messages
	// channel is where it was published, which a pattern's topic does not say.
	channel string
}

// fifo is what waits in one lane.
type fifo struct {
	queue[entry]
	since millis // when the present head came to stand first
}

func (f *fifo) push(e entry, now millis) {
	if f.len() == 0 {
		f.since = mark(now)
	}
	f.queue.push(e)
}

func (f *fifo) pop(now millis) entry {
	e := f.queue.pop()
	f.since = mark(now)
	if f.len() == 0 {
		f.since = 0
	}
	return e
}

// gap counts what was dropped for one subscription since it was last told.
type gap struct {
	topic *topic
	lost  int
}

// outbox is what waits for one client. It exists while something does. Owned
// by the Conn's Loop.
type outbox struct {
	lanes   [laneCount]fifo
	rest    []byte // unsent end of a frame that was begun
	begun   int    // messages that rest is the end of, if more than one
	final   []byte // the Close frame, behind everything else
	gaps    []gap
	count   int    // publications waiting, over all lanes
	bytes   int    // their bytes
	replies int    // bytes in the control lane
	blocked millis // since when the socket is full, or when it last took enough; 0: it is not full
	taken   int    // bytes it took of the present frame since then
}

func (o *outbox) empty() bool {
	return len(o.rest) == 0 && o.final == nil && o.count == 0 && o.lanes[laneControl].len() == 0 && len(o.gaps) == 0
}

// add appends a publication.
func (o *outbox) add(l lane, e entry, now millis) {
	o.lanes[l].push(e, now)
	o.count++
	o.bytes += len(e.frame)
}

// take removes the head of a lane.
func (o *outbox) take(l lane, now millis) entry {
	e := o.lanes[l].pop(now)
	if l == laneControl {
		o.replies -= len(e.frame)
	} else {
		o.count--
		o.bytes -= len(e.frame)
	}
	return e
}

// fits reports whether one more publication of size n may wait. An empty
// queue takes any one message.
func (o *outbox) fits(n int, q *Queue) bool {
	return o.count == 0 || o.count < q.Messages && o.bytes+n <= q.Bytes
}

// within reports whether what waits is no more than may.
func (o *outbox) within(q *Queue) bool {
	return o.count <= q.Messages && (o.bytes <= q.Bytes || o.count == 1)
}

// oldest returns the head of the lowest lane, which is missed least.
func (o *outbox) oldest() (lane, entry) {
	for l := laneLow; l > laneHigh; l-- {
		if f := &o.lanes[l]; f.len() > 0 {
			return l, f.items[f.head]
		}
	}
	f := &o.lanes[laneHigh]
	return laneHigh, f.items[f.head]
}

// dropOldest removes the publication that is missed least: the oldest of the
// lowest lane that is not above l. It reports false if there is none, so that
// the newcomer itself has to go.
func (o *outbox) dropOldest(l lane, now millis) bool {
	for v := laneLow; v >= l; v-- {
		if o.lanes[v].len() == 0 {
			continue
		}
		o.lost(o.take(v, now).topic, 1)
		return true
	}
	return false
}

// lost notes that publications of t were dropped, to be told in a gap.
func (o *outbox) lost(t *topic, n int) {
	for i := range o.gaps {
		if o.gaps[i].topic == t {
			o.gaps[i].lost += n
			return
		}
	}
	o.gaps = append(o.gaps, gap{t, n})
}

// forget removes everything that came by t: nothing of a channel may follow
// its unsubscription_result.
func (o *outbox) forget(t *topic) {
	for l := laneHigh; l < laneCount; l++ {
		f := &o.lanes[l]
		kept := f.items[:f.head]
		for _, e := range f.items[f.head:] {
			if e.topic == t {
				o.count--
				o.bytes -= len(e.frame)
				continue
			}
			kept = append(kept, e)
		}
		clear(f.items[len(kept):])
		f.items = kept
		if f.len() == 0 {
			f.items, f.head, f.since = f.items[:0], 0, 0
		}
	}
	for i := range o.gaps {
		if o.gaps[i].topic == t {
			o.gaps = append(o.gaps[:i], o.gaps[i+1:]...)
			return
		}
	}
}

// bequeath gives what came by t and has another way to the client to that: it
// is not forgotten with t.
func (o *outbox) bequeath(t *topic, otherWay func(channel string) *topic) {
	for l := laneHigh; l < laneCount; l++ {
		for i := o.lanes[l].head; i < len(o.lanes[l].items); i++ {
			e := &o.lanes[l].items[i]
			if e.topic != t {
				continue
			}
			if other := otherWay(e.channel); other != nil {
				e.topic = other
			}
		}
	}
}

// discard empties the lanes; a frame that was begun stays, since the stream
// would be broken without its end.
func (o *outbox) discard() {
	for l := range o.lanes {
		clear(o.lanes[l].items)
		o.lanes[l] = fifo{queue: queue[entry]{items: o.lanes[l].items[:0]}}
	}
	o.gaps = o.gaps[:0]
	o.count, o.bytes, o.replies = 0, 0, 0
}

// publish queues a publication for c and marks it for the next flush. At a
// limit a Conn whose socket still takes bytes is flushed first, and only what
// is refused then counts against the limit.
func (c *conn) publish(e entry, l lane, overflow Overflow) bool {
	if c.state != StateConnected {
		return false
	}
	o := c.box()
	q := &c.loop.node.cfg.Queue
	if !o.fits(len(e.frame), q) && !c.takes(len(e.frame)) {
		if o.blocked == 0 {
			c.flush()
			if c.state != StateConnected {
				return false
			}
			o = c.box()
		}
		if !o.fits(len(e.frame), q) && !c.takes(len(e.frame)) && !c.makeRoom(e, l, overflow) {
			return false
		}
	}
	o.add(l, e, c.loop.now)
	c.loop.markDirty(c)
	return true
}

// unread is the bytes of the replies that wait behind the one whose turn it is:
// that may be as large as it is.
func (o *outbox) unread() int {
	if o == nil || o.lanes[laneControl].len() == 0 {
		return 0
	}
	f := &o.lanes[laneControl]
	return o.replies - len(f.items[f.head].frame)
}

// busyGrace is for how long, in ms, a socket that has just taken something is
// busy, not refusing: a driver that writes in the background cannot say
// otherwise within a turn of the Loop.
const busyGrace = 100

// takes reports whether n more bytes may wait beyond the number of messages and
// the bytes of replies: the socket is busy with what it took a moment ago.
func (c *conn) takes(n int) bool {
	o := c.out
	return o != nil && o.blocked != 0 && int32(c.loop.now-o.blocked) < busyGrace && o.bytes+o.replies+n <= c.loop.node.cfg.Queue.Bytes
}

// checkQueue holds what waits to its limits when the socket has refused for
// longer than busyGrace, under which more was let in. False means that c is
// being closed.
func (c *conn) checkQueue(a *alarm) bool {
	o, q := c.out, &c.loop.node.cfg.Queue
	if o == nil || o.blocked == 0 || !a.due(o.blocked+busyGrace) {
		return true
	}
	if o.unread() > replyClose {
		c.close(protocol.CloseSlowConsumer, "replies not read")
		return false
	}
	for !o.within(q) {
		l, e := o.oldest()
		if e.channel != "" && c.loop.node.rules.find(e.channel).Overflow == OverflowClose {
			c.close(protocol.CloseSlowConsumer, "message queue full")
			return false
		}
		o.lost(o.take(l, c.loop.now).topic, 1)
		c.loop.count.dropped++
	}
	return true
}

// makeRoom applies the overflow policy; false means that e was not queued.
func (c *conn) makeRoom(e entry, l lane, overflow Overflow) bool {
	if overflow == OverflowClose {
		c.close(protocol.CloseSlowConsumer, "message queue full")
		return false
	}
	o, q := c.out, &c.loop.node.cfg.Queue
	for !o.fits(len(e.frame), q) {
		c.loop.count.dropped++
		if !o.dropOldest(l, c.loop.now) {
			o.lost(e.topic, 1)
			c.loop.markDirty(c)
			return false
		}
	}
	return true
}

// sendControl queues a frame of the control lane and marks c urgent: replies
// wait neither for the flush window nor for a broadcast to be written out.
func (c *conn) sendControl(frame []byte) {
	if c.state >= StateDisconnecting {
		return
	}
	if c.out.unread() > replyClose {
		if c.out.blocked == 0 {
			c.flush()
		}
		if c.out.unread() > replyClose && !c.takes(len(frame)) {
			c.close(protocol.CloseSlowConsumer, "replies not read")
		}
		if c.state >= StateDisconnecting {
			return
		}
	}
	o := c.box()
	o.lanes[laneControl].push(entry{frame: frame}, c.loop.now)
	o.replies += len(frame)
	c.holdReading()
	c.loop.markUrgent(c)
}

// box returns c's outbox, making one if nothing waited.
func (c *conn) box() *outbox {
	if c.out == nil {
		c.out = c.loop.spares.take()
	}
	return c.out
}
