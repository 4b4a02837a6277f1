package outcry

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
)

// TestRemove covers case 48: the memory of names that are gone comes back.
func TestRemove(t *testing.T) {
	const most, left = 100_000, 10
	m, peak := make(map[int]int), 0
	for i := range most {
		m[i] = i
	}
	full := alive()
	for i := range most - left {
		m = remove(m, i, &peak)
	}
	// The map took some 2.5 MB.
	if freed := full - alive(); freed < 2<<20 {
		t.Errorf("%d bytes were freed, want at least 2 MiB", freed)
	}
	if len(m) != left {
		t.Errorf("%d entries are left, want %d", len(m), left)
	}
	for i := most - left; i < most; i++ {
		if m[i] != i {
			t.Errorf("entry %d is %d", i, m[i])
		}
	}
}

// alive is the size of the live heap.
func alive() int {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}

// Case 48: the hub gives back the room of topics that are gone.
func TestHubShrinks(t *testing.T) {
	const most = 200_000
	l := newBareLoop(t, open())
	for i := range most {
		l.topicFor(fmt.Sprintf("ch%d", i), false)
	}
	for _, topic := range slices.Collect(maps.Values(l.hub.topics)) {
		l.drop(topic)
	}
	if len(l.hub.topics) != 0 || l.hub.peak > most/10 {
		t.Errorf("%d topics, room for %d", len(l.hub.topics), l.hub.peak)
	}
}
