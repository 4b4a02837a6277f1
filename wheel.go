package outcry

import "math/bits"

// millis is a time in milliseconds since the node started. It wraps after 49
// days, so times are compared with before, never with <.
type millis uint32

// before reports whether a is earlier than b, both within 24 days of each
// other.
func (a millis) before(b millis) bool { return int32(a-b) < 0 }

const (
	wheelTick    = 8    // ms a slot stands for
	wheelSlots   = 8192 // 65 s; a later deadline comes by once a turn
	wheelHorizon = wheelTick * (wheelSlots - 1)
)

// wheel holds one next deadline per Conn: a hashed timer wheel of intrusive
// lists. Everything that can happen to a Conn by time alone (ping, timeouts,
// heartbeat, expiry) is worked out when its deadline comes, so that activity
// only stores a time and never moves a timer. Owned by one Loop.
type wheel struct {
	slots    [wheelSlots]*conn
	occupied [wheelSlots / 64]uint64
	cursor   millis // the next slot to fire, a multiple of wheelTick
}

// timer is a Conn's place in the wheel.
type timer struct {
	next, prev *conn
	at         millis
	slot       uint16
	set        bool
}

// set moves c's deadline to at. It fires less than a tick late, never early;
// one that has come already fires at the next tick.
func (w *wheel) set(c *conn, at millis) {
	if c.timer.set {
		if c.timer.at == at {
			return
		}
		w.clear(c)
	}
	look := at + wheelTick - 1 // rounds up to a slot
	if ahead := int32(at - w.cursor); ahead <= 0 {
		look = w.cursor
	} else if ahead > wheelHorizon-wheelTick {
		look = w.cursor + wheelHorizon
	}
	s := uint16(look / wheelTick % wheelSlots)
	head := w.slots[s]
	c.timer = timer{next: head, at: at, slot: s, set: true}
	if head != nil {
		head.timer.prev = c
	}
	w.slots[s] = c
	w.occupied[s/64] |= 1 << (s % 64)
}

// soonest moves c's deadline to at if that is earlier than the present one.
func (w *wheel) soonest(c *conn, at millis) {
	if !c.timer.set || at.before(c.timer.at) {
		w.set(c, at)
	}
}

// clear takes c out of the wheel.
func (w *wheel) clear(c *conn) {
	t := c.timer
	if !t.set {
		return
	}
	if t.next != nil {
		t.next.timer.prev = t.prev
	}
	if t.prev != nil {
		t.prev.timer.next = t.next
	} else {
		w.slots[t.slot] = t.next
		if t.next == nil {
			w.occupied[t.slot/64] &^= 1 << (t.slot % 64)
		}
	}
	c.timer = timer{}
}

// advance calls fire for every Conn whose deadline has come. A Conn that fires
// is out of the wheel; fire may set it again.
func (w *wheel) advance(now millis, fire func(*conn)) {
	for ; !now.before(w.cursor); w.cursor += wheelTick {
		s := w.cursor / wheelTick % wheelSlots
		if w.occupied[s/64] == 0 && s%64 == 0 && !now.before(w.cursor+63*wheelTick) {
			w.cursor += 63 * wheelTick
			continue
		}
		w.fireSlot(uint16(s), now, fire)
	}
}

// fireSlot empties one slot. What is not due yet, having been put there by the
// horizon, and what fire sets anew is placed by set in a later slot: the
// cursor has to stand behind s for that.
func (w *wheel) fireSlot(s uint16, now millis, fire func(*conn)) {
	c := w.slots[s]
	if c == nil {
		return
	}
	w.slots[s] = nil
	w.occupied[s/64] &^= 1 << (s % 64)
	w.cursor += wheelTick
	defer func() { w.cursor -= wheelTick }()
	for c != nil {
		next := c.timer.next
		if next != nil {
			next.timer.prev = nil
		}
		at := c.timer.at
		c.timer = timer{}
		if now.before(at) {
			w.set(c, at)
		} else {
			fire(c)
		}
		c = next
	}
}

// next returns the time of the first slot that is not empty.
func (w *wheel) next() (millis, bool) {
	first := uint32(w.cursor / wheelTick % wheelSlots)
	for i := uint32(0); i <= wheelSlots/64; i++ {
		word := (first/64 + i) % (wheelSlots / 64)
		set := w.occupied[word]
		if i == 0 {
			set &= ^uint64(0) << (first % 64)
		}
		if set != 0 {
			s := word*64 + uint32(bits.TrailingZeros64(set))
			return w.cursor + millis((s-first)%wheelSlots)*wheelTick, true
		}
	}
	return 0, false
}
