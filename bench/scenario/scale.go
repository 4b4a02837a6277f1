package scenario

import "time"

// Scale is how large the scenarios are.
type Scale struct {
	// Quick makes all so small that the figures mean nothing.
	Quick bool
}

// quickly is how much smaller the quick form is.
const quickly = 50

// clients is the number of connections for n.
func (sc Scale) clients(n int) int {
	if sc.Quick {
		return max(2, n/quickly)
	}
	return n
}

// span is how long something lasts that lasts d.
func (sc Scale) span(d time.Duration) time.Duration {
	if sc.Quick {
		return max(100*time.Millisecond, d/quickly)
	}
	return d
}

// count is the number of publications for so long at a rate.
func (sc Scale) count(rate float64, d time.Duration) int {
	return max(2, int(rate*sc.span(d).Seconds()))
}
