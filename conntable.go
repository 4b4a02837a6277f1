package outcry

import "github.com/outcry-dev/outcry/internal/netpoll"

// connTable gives each Conn of a Loop a slot. Generations tell an event for a
// Conn that is gone from one for its successor in the slot.
type connTable struct {
	slots []*conn
	free  []uint32
	gens  uint32 // last generation given, over all slots
	live  int
}

// add gives c a slot and a generation.
func (t *connTable) add(c *conn) {
	t.gens++
	t.live++
	c.gen = t.gens
	if n := len(t.free); n > 0 {
		c.slot = t.free[n-1]
		t.free = t.free[:n-1]
		t.slots[c.slot] = c
		return
	}
	c.slot = uint32(len(t.slots))
	t.slots = append(t.slots, c)
}

// remove frees c's slot. It reports false if c had none.
func (t *connTable) remove(c *conn) bool {
	if int(c.slot) >= len(t.slots) || t.slots[c.slot] != c {
		return false
	}
	t.live--
	t.slots[c.slot] = nil
	t.free = append(t.free, c.slot)
	return true
}

// find returns the Conn of a token, or nil if it is gone.
func (t *connTable) find(tok netpoll.Token) *conn {
	slot, gen := uint32(tok>>32), uint32(tok)
	if int(slot) >= len(t.slots) {
		return nil
	}
	if c := t.slots[slot]; c != nil && c.gen == gen {
		return c
	}
	return nil
}

// all returns the Conns, in no order.
func (t *connTable) all() []*conn {
	out := make([]*conn, 0, t.live)
	for _, c := range t.slots {
		if c != nil {
			out = append(out, c)
		}
	}
	return out
}
