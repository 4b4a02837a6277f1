package demo

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	calmTime  = 45 * time.Second // mean length of a calm spell
	burstTime = 8 * time.Second  // mean length of a burst
	minHeat   = 3                // a burst multiplies volatility and activity
	maxHeat   = 6

	// pull is how long half a departure from the opening price lasts: a feed
	// that runs for weeks must not wander off.
	pull = 20 * time.Minute
	// priceLimit is the furthest departure from the opening price, as a
	// logarithm; exchanges have the same rule.
	priceLimit = 0.26
	// longestStep bounds the time one step stands for, so that a paused feed
	// does not jump when it goes on.
	longestStep = 5 * time.Second
)

// walk is the price of one symbol: the logarithm of its ratio to the opening
// price, moved by a random walk that calm spells and bursts take in turns.
type walk struct {
	departure float64
	heat      float64 // 1 when calm
	turn      time.Time
	at        time.Time
}

// start begins a walk in a calm spell.
func (w *walk) start(at time.Time, rng *rand.Rand) {
	*w = walk{heat: 1, at: at, turn: at.Add(spell(calmTime, rng))}
}

// step moves the walk to the moment at.
func (w *walk) step(at time.Time, volatility float64, rng *rand.Rand) {
	w.turnTo(at, rng)
	seconds := min(max(at.Sub(w.at), 0), longestStep).Seconds()
	w.at = at
	w.departure *= math.Exp2(-seconds / pull.Seconds())
	w.departure += volatility * w.heat * math.Sqrt(seconds) * rng.NormFloat64()
	w.departure = min(max(w.departure, -priceLimit), priceLimit)
}

// turnTo ends the calm spell or the burst that is over at the moment at.
func (w *walk) turnTo(at time.Time, rng *rand.Rand) {
	if at.Before(w.turn) {
		return
	}
	if w.bursting() {
		w.heat = 1
		w.turn = at.Add(spell(calmTime, rng))
		return
	}
	w.heat = minHeat + (maxHeat-minHeat)*rng.Float64()
	w.turn = at.Add(spell(burstTime, rng))
}

func (w *walk) bursting() bool { return w.heat > 1 }

// spell draws a length of time with the given mean.
func spell(mean time.Duration, rng *rand.Rand) time.Duration {
	return time.Duration(rng.ExpFloat64() * float64(mean))
}
