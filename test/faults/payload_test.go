package faults

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestPayloadHeldOnce covers case 57: what waits for hundreds who have stalled,
// whatever their dialect, is held once and not once for each.
func TestPayloadHeldOnce(t *testing.T) {
	const (
		channel        = "held"
		stalled        = 198
		messages, size = 100, 20_000 // 2 MB: in copies 400 MB
		most           = 24          // MB
	)
	s := start(t, setup{flags: []string{
		compressing, "--message-queue-size=1000", "--queue-bytes=16777216", "--socket-unsent=2048", "--write-timeout=2m",
	}})
	w := observe(t, s, "")
	f := converse(t, s, stalled, func(c *client) { c.narrow = true })
	f.subscribe(t, channel)
	for _, c := range f.clients {
		c.sleep()
	}
	readers := converse(t, s, len(dialects()), func(c *client) { c.id = "reader-" + c.id })
	readers.subscribe(t, channel)
	random := rand.New(rand.NewPCG(5, 6))
	for n := 1; n <= messages; n++ {
		s.publishRandom(t, random, channel, n, size)
	}
	readers.reach(t, 20*time.Second, view{live: true, last: messages})
	if st := s.mustStats(t); st.QueuedMessages < stalled*messages/2 {
		t.Errorf("%d messages are queued, want most of %d: they did not stall", st.QueuedMessages, stalled*messages)
	}
	heap, err := s.heap(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB of heap, was %d", heap, w.heap)
	if grown := heap - w.heap; grown > most {
		t.Errorf("%d MB more of heap, want at most %d", grown, most)
	}
	f.faultless(t)
	f.drop()
	readers.drop()
	w.settled(t)
}

// TestStalledFew covers case 57: ten in a thousand stall, and the others get
// every message as soon as before.
func TestStalledFew(t *testing.T) {
	const channel, crowd, oneIn, rounds, size = "few", 1000, 100, 15, 2000
	s := start(t, setup{flags: []string{"--socket-unsent=2048", "--write-timeout=2m", "--message-queue-size=20"}})
	w := observe(t, s, "")
	sleeper := func(i int) bool { return i%oneIn == oneIn/2 }
	f := connect(t, s, "few", crowd, func(c *client) { c.narrow = sleeper(c.index) })
	f.subscribe(t, channel)
	readers, sleepers := f.part(func(i int) bool { return !sleeper(i) }), f.part(sleeper)
	n := 0
	median := func() time.Duration {
		t.Helper()
		var took []time.Duration
		for range rounds {
			n++
			began := time.Now()
			burst(t, s, readers, channel, n, n, size)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[rounds/2]
	}
	before := median()
	for _, c := range sleepers.clients {
		c.sleep()
	}
	burst(t, s, readers, channel, n+1, n+30, size)
	if n += 30; s.mustStats(t).QueuedMessages == 0 {
		t.Error("nothing is queued: nobody stalls")
	}
	during := median()
	t.Logf("from publish to the last reader: %v, with %d stalled %v", before, len(sleepers.clients), during)
	// Machines that test are busy with other things, too.
	if most := 2*before + 50*time.Millisecond; during > most {
		t.Errorf("the readers wait for %v, want at most %v", during, most)
	}
	f.faultless(t)
	f.drop()
	w.settled(t)
}
