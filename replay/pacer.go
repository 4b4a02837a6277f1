package replay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseSpeed reads how many times faster than recorded: "60", "60x", "0.5".
// "max" and "0" are 0, as fast as possible.
func ParseSpeed(s string) (float64, error) {
	if strings.EqualFold(s, "max") {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.ToLower(s), "x"), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || (v > 0 && v < 1e-6) {
		return 0, fmt.Errorf("speed %q: want a number such as 1, 60x or 0.5, or max", s)
	}
	return v, nil
}

// pacer says when ticks are due. Its clock stands at the latest tick and never
// goes back: a tick from before that is due at once.
type pacer struct {
	// speed 0: everything is due at once.
	speed float64
	// maxWait cuts longer pauses short; 0: never.
	maxWait time.Duration

	begun  bool
	rest   time.Duration // before the first tick
	start  time.Time     // when the first tick was due
	origin time.Time     // the first tick's time
	head   time.Time     // the latest tick's time
	ticks  int
	late   int // ticks from before head
	cut    int // pauses cut short
}

// due is when a tick of time at is to be published; the zero time is at once.
// It is called once per tick.
func (p *pacer) due(at, now time.Time) time.Time {
	p.ticks++
	if !p.begun {
		p.begun, p.start, p.origin, p.head = true, now.Add(p.rest), at, at
		return p.start
	}
	if at.Before(p.head) {
		p.late++
		return time.Time{}
	}
	p.head = at
	if p.speed == 0 {
		return time.Time{}
	}
	due := p.start.Add(scaled(at.Sub(p.origin), p.speed))
	if wait := due.Sub(now); p.maxWait > 0 && wait > p.maxWait {
		p.start = p.start.Add(p.maxWait - wait)
		p.cut++
		return now.Add(p.maxWait)
	}
	return due
}

// again makes the pacer expect the first tick once more. It rests before that
// as long as ticks were apart on average, so that a recording of one moment
// repeated does not spin.
func (p *pacer) again() {
	p.begun, p.rest = false, 0
	if p.speed > 0 {
		p.rest = scaled(p.head.Sub(p.origin), p.speed) / time.Duration(max(p.ticks-1, 1))
		if p.rest < time.Millisecond {
			p.rest = time.Second
		}
		if p.maxWait > 0 {
			p.rest = min(p.rest, p.maxWait)
		}
	}
	p.ticks = 0
}

// scaled is d divided by speed, at most the largest Duration.
func scaled(d time.Duration, speed float64) time.Duration {
	v := float64(d) / speed
	if v >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(v)
}
