package outcry

import (
	"math"
	"testing"
	"unsafe"

	"github.com/outcry-dev/outcry/internal/netpoll"
)

// A node holds very many idle connections: what one costs is counted in bytes.
func TestConnSize(t *testing.T) {
	if size := unsafe.Sizeof(conn{}); size > 256 {
		t.Errorf("a Conn has %d bytes, at most 256 are allowed", size)
	}
}

func TestMark(t *testing.T) {
	for now, want := range map[millis]millis{0: 1, 1: 1, 7: 7, math.MaxUint32: math.MaxUint32} {
		if got := mark(now); got != want {
			t.Errorf("mark(%d) = %d, want %d", now, got, want)
		}
	}
}

// The budget holds at every time of the clock, for new Conns too.
func TestGCRA(t *testing.T) {
	for _, start := range []millis{0, 5, 1<<31 - 1, 1 << 31, 3 << 30, math.MaxUint32 - 50} {
		var g gcra
		now := start
		spend := func() (n int) {
			for g.allow(now, controlEvery, controlBurst) {
				if n++; n > 2*controlBurst {
					t.Fatalf("from %d: no bound", start)
				}
			}
			return n
		}
		if n := spend(); n != controlBurst+1 {
			t.Errorf("from %d: %d at once, want %d", start, n, controlBurst+1)
		}
		now += 100 * controlEvery
		if n := spend(); n != 100 {
			t.Errorf("from %d: %d after 100 refills, want 100", start, n)
		}
		now += 30 * 24 * 3600 * 1000 // half the clock's range and more
		if n := spend(); n != controlBurst+1 {
			t.Errorf("from %d: %d after 30 days, want %d", start, n, controlBurst+1)
		}
	}
}

// Pings of Conns that were made together do not come together.
func TestJitter(t *testing.T) {
	seen := map[millis]int{}
	for slot := range uint32(1000) {
		c := &conn{slot: slot, gen: slot + 1}
		j := c.jitter(20_000)
		if j >= 2000 {
			t.Fatalf("jitter %d of 20 s", j)
		}
		seen[j/200]++
	}
	for tenth := range millis(10) {
		if n := seen[tenth]; n < 50 || n > 200 {
			t.Errorf("%d of 1000 Conns in tenth %d of the range", n, tenth)
		}
	}
}

func TestConnTable(t *testing.T) {
	var table connTable
	a, b := &conn{}, &conn{}
	table.add(a)
	table.add(b)
	old := a.token()
	if table.find(old) != a || table.find(b.token()) != b || table.live != 2 {
		t.Fatal("a Conn is not found by its token")
	}
	table.remove(a)
	table.remove(a)
	if table.find(old) != nil || table.live != 1 {
		t.Fatalf("found a Conn that is gone; %d live", table.live)
	}
	c := &conn{}
	table.add(c)
	if c.slot != a.slot {
		t.Fatalf("slot %d is not used again, %d is", a.slot, c.slot)
	}
	if table.find(old) != nil {
		t.Fatal("an event for a Conn that is gone reaches its successor")
	}
	table.remove(a) // not its slot any more
	if table.find(c.token()) != c || len(table.all()) != 2 {
		t.Fatal("a Conn that is gone freed its successor's slot")
	}
	if table.find(netpoll.Token(99)<<32|1) != nil {
		t.Fatal("found a slot that never was")
	}
}

// Neither do their heartbeats, from the first one on.
func TestHeartbeatsSpread(t *testing.T) {
	l := newBareLoop(t, Config{})
	ticks := map[millis]int{}
	for range 1000 {
		c := attach(l, &fakeSocket{room: -1})
		c.state = StateConnecting
		c.greet()
		due := c.times.heartbeat - l.now
		if due > 30_000 || due <= 27_000 {
			t.Fatalf("the first heartbeat is due after %d ms", due)
		}
		ticks[due/wheelTick]++
	}
	for tick, n := range ticks {
		if n > 20 {
			t.Errorf("%d of 1000 in tick %d", n, tick)
		}
	}
}
