package outcry

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// named makes entries told apart by their frames.
func named(t *topic, names ...string) []entry {
	var out []entry
	for _, n := range names {
		out = append(out, entry{frame: []byte(n), topic: t})
	}
	return out
}

// waiting lists the frames of a lane in order.
func (o *outbox) waiting(l lane) []string {
	var out []string
	for _, e := range o.lanes[l].items[o.lanes[l].head:] {
		out = append(out, string(e.frame))
	}
	return out
}

func TestFifo(t *testing.T) {
	var f fifo
	next, want := 0, 0
	for round := range 50 {
		for range round % 7 * 5 {
			f.push(entry{frame: []byte(strconv.Itoa(next))}, millis(next))
			next++
		}
		for range round % 5 * 6 {
			if f.len() == 0 {
				break
			}
			if got := string(f.pop(7).frame); got != strconv.Itoa(want) {
				t.Fatalf("popped %s, want %d", got, want)
			}
			want++
		}
		if f.len() != next-want {
			t.Fatalf("length %d, want %d", f.len(), next-want)
		}
	}
	if cap(f.items) > 4*200 {
		t.Fatalf("%d entries of room for %d", cap(f.items), f.len())
	}
}

// since is when the head came to stand first; starvation is reckoned from it.
func TestFifoSince(t *testing.T) {
	var f fifo
	f.push(entry{}, 0)
	if f.since != 1 {
		t.Errorf("since %d after a push at 0, want 1: 0 means never", f.since)
	}
	f.push(entry{}, 5)
	if f.since != 1 {
		t.Errorf("since %d, want 1: the head is the same", f.since)
	}
	f.pop(9)
	if f.since != 9 {
		t.Errorf("since %d, want 9", f.since)
	}
	f.pop(12)
	if f.since != 0 || f.head != 0 || len(f.items) != 0 {
		t.Errorf("an empty fifo is %+v", f)
	}
}

// A full queue that loses one message for each newcomer must not be copied
// each time, whatever its size is to its room.
func TestFifoSteady(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 8, 100, 127, 128, 1024} {
		var f fifo
		for range size {
			f.push(entry{}, 0)
		}
		compactions := 0
		for range 10 * size {
			f.pop(0)
			before := f.head
			f.push(entry{}, 0)
			if f.len() > 1 && f.head < before {
				compactions++
			}
		}
		if compactions > 20 || cap(f.items) > 4*size+4 {
			t.Errorf("size %d: %d compactions in %d pushes, room for %d", size, compactions, 10*size, cap(f.items))
		}
	}
}

func TestLaneOf(t *testing.T) {
	for p, want := range map[Priority]lane{PriorityHigh: laneHigh, PriorityNormal: laneNormal, PriorityLow: laneLow} {
		if got := laneOf(p); got != want {
			t.Errorf("laneOf(%d) = %d, want %d", p, got, want)
		}
	}
}

func TestFits(t *testing.T) {
	q := &Queue{Messages: 3, Bytes: 100}
	for _, tc := range []struct {
		name         string
		count, bytes int
		size         int
		want         bool
	}{
		{"an empty queue takes any one message", 0, 0, 1 << 20, true},
		{"within both", 2, 60, 40, true},
		{"one byte too many", 2, 60, 41, false},
		{"one message too many", 3, 3, 1, false},
		{"nothing else beside a large one", 1, 1 << 20, 1, false},
	} {
		o := &outbox{count: tc.count, bytes: tc.bytes}
		if got := o.fits(tc.size, q); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// What is missed least goes first: the oldest of the lowest lane, never one
// above the newcomer's.
func TestDropOldest(t *testing.T) {
	a, b := &topic{name: "a"}, &topic{name: "b"}
	for _, tc := range []struct {
		name     string
		newcomer lane
		want     []string // drops, in order
	}{
		{"high", laneHigh, []string{"l1", "l2", "n1", "n2", "h1"}},
		{"normal", laneNormal, []string{"l1", "l2", "n1", "n2"}},
		{"low", laneLow, []string{"l1", "l2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &outbox{}
			for l, entries := range map[lane][]entry{
				laneHigh: named(a, "h1"), laneNormal: named(b, "n1", "n2"), laneLow: named(a, "l1", "l2"),
			} {
				for _, e := range entries {
					o.add(l, e, 1)
				}
			}
			o.lanes[laneControl].push(entry{frame: []byte("reply")}, 1)
			var got []string
			all := func() (out []string) {
				for l := range laneCount {
					out = append(out, o.waiting(l)...)
				}
				return out
			}
			for {
				before := all()
				if !o.dropOldest(tc.newcomer, 2) {
					break
				}
				after := all()
				for _, name := range before {
					if !slices.Contains(after, name) {
						got = append(got, name)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Fatalf("dropped (-want +got):\n%s", diff)
			}
			lost := 0
			for _, g := range o.gaps {
				lost += g.lost
			}
			if lost != len(tc.want) || o.count != 5-lost || o.bytes != 2*o.count || len(o.waiting(laneControl)) != 1 {
				t.Fatalf("lost %d, %d messages of %d bytes left, control %v", lost, o.count, o.bytes, o.waiting(laneControl))
			}
		})
	}
}

func TestForget(t *testing.T) {
	a, b := &topic{name: "a"}, &topic{name: "b"}
	o := &outbox{}
	for _, l := range []lane{laneHigh, laneNormal, laneLow} {
		for _, e := range slices.Concat(named(a, "a1"), named(b, "b1"), named(a, "a2", "a3"), named(nil, "direct")) {
			o.add(l, e, 1)
		}
	}
	o.take(laneNormal, 1) // a1: the head need not be at the start of the slice
	o.lost(a, 2)
	o.lost(b, 1)
	o.lost(a, 3)
	o.rest = []byte("begun of a")
	o.forget(a)
	for _, l := range []lane{laneHigh, laneNormal, laneLow} {
		if diff := cmp.Diff([]string{"b1", "direct"}, o.waiting(l)); diff != "" {
			t.Errorf("lane %d (-want +got):\n%s", l, diff)
		}
	}
	if len(o.gaps) != 1 || o.gaps[0] != (gap{b, 1}) {
		t.Errorf("gaps %v", o.gaps)
	}
	if o.count != 6 || o.bytes != 3*len("b1direct") || string(o.rest) != "begun of a" {
		t.Errorf("%d messages, %d bytes, rest %q", o.count, o.bytes, o.rest)
	}
	o.forget(b)
	o.forget(nil)
	if o.count != 0 || o.bytes != 0 || len(o.gaps) != 0 {
		t.Errorf("%d messages, %d bytes, gaps %v", o.count, o.bytes, o.gaps)
	}
	for l := range laneCount {
		if f := &o.lanes[l]; f.len() != 0 || f.head != 0 || f.since != 0 {
			t.Errorf("lane %d is %+v", l, *f)
		}
	}
}

func TestDiscard(t *testing.T) {
	o := &outbox{rest: []byte("end of a frame")}
	o.add(laneLow, entry{frame: []byte("x")}, 1)
	o.lanes[laneControl].push(entry{frame: []byte("reply")}, 1)
	o.replies += 5
	o.lost(nil, 1)
	if o.empty() {
		t.Fatal("empty")
	}
	o.discard()
	if o.count != 0 || o.bytes != 0 || o.replies != 0 || len(o.gaps) != 0 || string(o.rest) != "end of a frame" || o.empty() {
		t.Fatalf("%+v", o)
	}
	o.rest = nil
	if !o.empty() {
		t.Fatal("not empty")
	}
}

// TestOutboxModel compares an outbox with plain slices: order within lanes,
// counts, bytes and losses.
func TestOutboxModel(t *testing.T) {
	topics := []*topic{nil, {name: "a"}, {name: "b"}}
	type item struct {
		name  string
		topic *topic
	}
	rapid.Check(t, func(t *rapid.T) {
		o, model, lost, serial := &outbox{}, [laneCount][]item{}, map[*topic]int{}, 0
		anyLane := rapid.Map(rapid.IntRange(int(laneHigh), int(laneLow)), func(i int) lane { return lane(i) })
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				count, bytes := 0, 0
				for l := range laneCount {
					names := []string(nil)
					for _, i := range model[l] {
						names = append(names, i.name)
						count, bytes = count+1, bytes+len(i.name)
					}
					if diff := cmp.Diff(names, o.waiting(l)); diff != "" {
						t.Fatalf("lane %d (-want +got):\n%s", l, diff)
					}
				}
				told := map[*topic]int{}
				for _, g := range o.gaps {
					told[g.topic] += g.lost
				}
				if o.count != count || o.bytes != bytes || len(told) != len(o.gaps) {
					t.Fatalf("%d messages, %d bytes, gaps %v; want %d, %d", o.count, o.bytes, o.gaps, count, bytes)
				}
				for topic, n := range lost {
					if told[topic] != n {
						t.Fatalf("lost %d of %v, told %d", n, topic, told[topic])
					}
				}
			},
			"add": func(t *rapid.T) {
				l, topic := anyLane.Draw(t, "lane"), topics[rapid.IntRange(0, 2).Draw(t, "topic")]
				serial++
				i := item{strconv.Itoa(serial), topic}
				model[l] = append(model[l], i)
				o.add(l, entry{frame: []byte(i.name), topic: topic}, millis(serial))
			},
			"take": func(t *rapid.T) {
				if l := anyLane.Draw(t, "lane"); len(model[l]) > 0 {
					if got := o.take(l, 1); string(got.frame) != model[l][0].name {
						t.Fatalf("took %s, want %s", got.frame, model[l][0].name)
					}
					model[l] = model[l][1:]
				}
			},
			"drop": func(t *rapid.T) {
				least := anyLane.Draw(t, "lane")
				want := false
				for l := laneLow; l >= least && !want; l-- {
					if want = len(model[l]) > 0; want {
						lost[model[l][0].topic]++
						model[l] = model[l][1:]
					}
				}
				if got := o.dropOldest(least, 1); got != want {
					t.Fatalf("dropped: %v, want %v", got, want)
				}
			},
			"forget": func(t *rapid.T) {
				topic := topics[rapid.IntRange(1, 2).Draw(t, "topic")]
				o.forget(topic)
				for l := range model {
					model[l] = slices.DeleteFunc(slices.Clone(model[l]), func(i item) bool { return i.topic == topic })
				}
				lost[topic] = 0
			},
			"discard": func(*rapid.T) {
				o.discard()
				model, lost = [laneCount][]item{}, map[*topic]int{}
			},
		})
	})
}
