package outcry

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// collected advances w and returns who fired.
func collected(w *wheel, now millis) []*conn {
	var fired []*conn
	w.advance(now, func(c *conn) { fired = append(fired, c) })
	return fired
}

func TestMillis(t *testing.T) {
	for _, tc := range []struct {
		name string
		a, b millis
		want bool
	}{
		{"earlier", 1, 2, true},
		{"equal", 2, 2, false},
		{"later", 3, 2, false},
		{"across the wrap", math.MaxUint32, 0, true},
		{"back across the wrap", 0, math.MaxUint32, false},
		{"24 days apart", 0, 1<<31 - 1, true},
	} {
		if got := tc.a.before(tc.b); got != tc.want {
			t.Errorf("%s: %d before %d: %v, want %v", tc.name, tc.a, tc.b, got, tc.want)
		}
	}
}

// Where a deadline lies between two ticks, it fires at the later one.
func TestWheelFires(t *testing.T) {
	for _, tc := range []struct {
		name      string
		start, at millis
		quiet     millis // the last time at which it does not fire
	}{
		{"at once", 80, 80, 79},
		{"past", 80, 8, 79},
		{"on a tick", 0, 800, 799},
		{"between ticks", 0, 801, 807},
		{"just before a tick", 0, 807, 807},
		{"last slot of a turn", 0, wheelHorizon - wheelTick, wheelHorizon - wheelTick - 1},
		{"beyond the horizon", 0, wheelHorizon + 1000, wheelHorizon + 1000 - 1},
		{"three turns ahead", 64, 3*wheelHorizon + 5, 3*wheelHorizon + 7},
		{"across the wrap", math.MaxUint32 - 15, 9, 15},
		{"beyond the horizon and the wrap", math.MaxUint32 - 7, 2*wheelHorizon - 16, 2*wheelHorizon - 17},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &wheel{cursor: tc.start}
			c := &conn{}
			w.set(c, tc.at)
			for step := tc.start - 1; step.before(tc.quiet); step += 777 {
				if fired := collected(w, step); len(fired) > 0 {
					t.Fatalf("fired at %d, %d early", step, tc.at-step)
				}
			}
			if fired := collected(w, tc.quiet); len(fired) > 0 {
				t.Fatalf("fired at %d", tc.quiet)
			}
			if fired := collected(w, tc.quiet+1); len(fired) != 1 || c.timer.set {
				t.Fatalf("at %d fired %d, set %v", tc.quiet+1, len(fired), c.timer.set)
			}
			if _, ok := w.next(); ok {
				t.Fatal("the wheel is not empty")
			}
		})
	}
}

func TestWheelMoves(t *testing.T) {
	w := &wheel{}
	a, b, c := &conn{}, &conn{}, &conn{}
	for _, x := range []*conn{a, b, c} {
		w.set(x, 100)
	}
	w.clear(b) // from the middle of the list
	w.clear(b)
	w.soonest(a, 200)
	if a.timer.at != 100 {
		t.Errorf("soonest moved a deadline to %d", a.timer.at)
	}
	w.soonest(a, 50)
	w.set(c, 300)
	if at, ok := w.next(); !ok || at != 56 {
		t.Errorf("next %d, %v; want 56", at, ok)
	}
	if fired := collected(w, 299); len(fired) != 1 || fired[0] != a {
		t.Errorf("fired %d", len(fired))
	}
	if fired := collected(w, 304); len(fired) != 1 || fired[0] != c {
		t.Errorf("fired %d", len(fired))
	}
}

// A Conn that sets its deadline to the present while it fires gets its turn at
// the next tick, not in an endless loop.
func TestWheelSetWhileFiring(t *testing.T) {
	w := &wheel{}
	c := &conn{}
	w.set(c, 16)
	n := 0
	w.advance(16, func(c *conn) { n++; w.set(c, 16) })
	if n != 1 {
		t.Fatalf("fired %d times in one tick", n)
	}
	if at, ok := w.next(); !ok || at != 24 {
		t.Fatalf("next %d, %v; want 24", at, ok)
	}
}

// wheelModel checks a wheel against a map of deadlines.
type wheelModel struct {
	w     wheel
	now   millis
	conns []*conn
	due   map[*conn]millis // when each has to fire, not before its time was set
	exact map[*conn]millis // the deadline as it was set
	again map[*conn]millis // sets itself anew so much later when it fires
}

func (m *wheelModel) set(c *conn, at millis) {
	m.w.set(c, at)
	m.exact[c] = at
	m.due[c] = at
	if !m.now.before(at) {
		m.due[c] = m.now + 1
	}
}

func (m *wheelModel) forget(c *conn) {
	delete(m.due, c)
	delete(m.exact, c)
}

func (m *wheelModel) fire(t *rapid.T, c *conn) {
	at, ok := m.exact[c]
	if !ok {
		t.Fatal("fired without a deadline")
	}
	if m.now.before(at) {
		t.Fatalf("fired %d ms early", at-m.now)
	}
	m.forget(c)
	if after, ok := m.again[c]; ok {
		delete(m.again, c)
		m.set(c, m.now+after)
	}
}

// check is run after every step.
func (m *wheelModel) check(t *rapid.T) {
	for c, due := range m.due {
		if late := int32(m.now - due); late >= wheelTick {
			t.Fatalf("%d ms late", late)
		}
		if !c.timer.set || c.timer.at != m.exact[c] {
			t.Fatalf("timer %+v, want %d", c.timer, m.exact[c])
		}
	}
	next, ok := m.w.next()
	if ok != (len(m.due) > 0) {
		t.Fatalf("next says %v with %d deadlines", ok, len(m.due))
	}
	for _, due := range m.due {
		if !due.before(next) {
			continue
		}
		if int32(next-due) >= wheelTick {
			t.Fatalf("next is %d, a deadline at %d", next, due)
		}
	}
}

func TestWheelModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := millis(rapid.OneOf(
			rapid.SampledFrom([]uint32{0, 1<<31 - 5000, math.MaxUint32 - 5000}), rapid.Uint32(),
		).Draw(t, "start"))
		m := &wheelModel{
			w: wheel{cursor: start &^ (wheelTick - 1)}, now: start,
			due: map[*conn]millis{}, exact: map[*conn]millis{}, again: map[*conn]millis{},
		}
		for range 12 {
			m.conns = append(m.conns, &conn{})
		}
		someone := rapid.IntRange(0, len(m.conns)-1)
		after := rapid.OneOf(rapid.IntRange(-50, 200), rapid.IntRange(0, 3*wheelHorizon),
			rapid.IntRange(wheelHorizon-2*wheelTick, wheelHorizon+2*wheelTick))
		t.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"set": func(t *rapid.T) {
				m.set(m.conns[someone.Draw(t, "who")], m.now+millis(after.Draw(t, "after")))
			},
			"soonest": func(t *rapid.T) {
				c, at := m.conns[someone.Draw(t, "who")], m.now+millis(after.Draw(t, "after"))
				if old, ok := m.exact[c]; ok && !at.before(old) {
					m.w.soonest(c, at)
					return
				}
				m.w.soonest(c, at)
				m.set(c, at)
			},
			"clear": func(t *rapid.T) {
				c := m.conns[someone.Draw(t, "who")]
				m.w.clear(c)
				m.forget(c)
			},
			"again": func(t *rapid.T) {
				m.again[m.conns[someone.Draw(t, "who")]] = millis(rapid.IntRange(0, 500).Draw(t, "after"))
			},
			"advance": func(t *rapid.T) {
				m.now += millis(rapid.OneOf(rapid.IntRange(0, 30), rapid.IntRange(0, wheelHorizon/3)).Draw(t, "by"))
				m.w.advance(m.now, func(c *conn) { m.fire(t, c) })
			},
			"doze": func(t *rapid.T) { // as the Loop does: until just before the next slot
				next, ok := m.w.next()
				if !ok || !m.now.before(next-1) {
					return
				}
				m.now = next - 1
				m.w.advance(m.now, func(*conn) { t.Fatal("fired before next") })
			},
		})
	})
}
