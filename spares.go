package outcry

// spares are empty outboxes kept for the next need: a Loop that sends to all of
// its Conns needs as many at once. Those that have not been needed for a while
// go. Owned by one Loop.
type spares struct {
	boxes   []*outbox
	unused  int    // the fewest there have been since the last trim
	trimmed millis // when that was
}

const (
	trimEvery       = 5000 // ms
	fewSpares       = 64   // that are kept in any case
	firstEntries    = 4    // an outbox has room for at first
	maxSpareEntries = 32   // a spare may keep room for, in each lane
)

// take returns an empty outbox.
func (s *spares) take() *outbox {
	n := len(s.boxes) - 1
	if n < 0 {
		o := &outbox{}
		o.lanes[laneNormal].items = make([]entry, 0, firstEntries)
		return o
	}
	o := s.boxes[n]
	s.boxes[n] = nil
	s.boxes = s.boxes[:n]
	s.unused = min(s.unused, n)
	return o
}

// give takes back an outbox that has become empty.
func (s *spares) give(o *outbox) {
	for i := range o.lanes {
		if cap(o.lanes[i].items) > maxSpareEntries {
			o.lanes[i] = fifo{}
		}
	}
	o.rest, o.blocked, o.taken = nil, 0, 0
	s.boxes = append(s.boxes, o)
}

// trim lets go of half of what has not been needed since it last did. It is
// called at every turn.
func (s *spares) trim(now millis) {
	times := (now - s.trimmed) / trimEvery // a Loop with nothing to do makes few turns
	if times == 0 {
		return
	}
	unused := s.unused
	for ; times > 0 && unused > 0; times-- {
		unused /= 2
	}
	keep := max(len(s.boxes)-s.unused+unused, min(len(s.boxes), fewSpares))
	clear(s.boxes[keep:])
	s.boxes = s.boxes[:keep]
	if keep <= fewSpares && cap(s.boxes) > 4*fewSpares {
		s.boxes = append(make([]*outbox, 0, fewSpares), s.boxes...)
	}
	s.unused, s.trimmed = keep, now
}
