package outcry

import "testing"

// What one broadcast needed is there for the next, and goes when there is none
// for a while.
func TestSpares(t *testing.T) {
	var s spares
	broadcast := func(n int) (fresh int) {
		var taken []*outbox
		for range n {
			if len(s.boxes) == 0 {
				fresh++
			}
			taken = append(taken, s.take())
		}
		for _, o := range taken {
			s.give(o)
		}
		return fresh
	}
	broadcast(10_000)
	now := millis(0)
	for range 20 {
		now += trimEvery
		if fresh := broadcast(10_000); fresh != 0 {
			t.Fatalf("%d outboxes made anew", fresh)
		}
		s.trim(now)
	}
	for range 20 {
		now += trimEvery
		s.trim(now)
		s.trim(now + 1)
	}
	if n := len(s.boxes); n != fewSpares || cap(s.boxes) > 4*fewSpares {
		t.Errorf("%d spares, room for %d, want %d", n, cap(s.boxes), fewSpares)
	}
	if fresh := broadcast(fewSpares); fresh != 0 {
		t.Errorf("%d outboxes made anew", fresh)
	}
}

// A spare keeps no more memory than most messages need, and nothing of what it
// held.
func TestSparesKeepLittle(t *testing.T) {
	var s spares
	o := s.take()
	for range 1000 {
		o.add(laneNormal, entry{frame: text(`"x"`)}, 1)
	}
	for !o.empty() {
		o.take(laneNormal, 1)
	}
	s.give(o)
	if got := s.take(); got != o || cap(got.lanes[laneNormal].items) > maxSpareEntries {
		t.Errorf("room for %d entries", cap(got.lanes[laneNormal].items))
	}
}
