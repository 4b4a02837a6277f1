package client

import (
	"errors"
	"math/rand/v2"
	"time"
)

// maxPause bounds every pause a server may ask for.
const maxPause = 5 * time.Minute

// stableAfter is how long a connection has to live for the next pause to be
// short again: a server that accepts and closes at once is not hammered.
const stableAfter = 10 * time.Second

// backoff yields the pauses between attempts: full jitter, so that clients
// that lost one server together do not return together.
type backoff struct {
	least, most time.Duration
	attempt     int
}

// next returns the pause before the next attempt after err. A server's
// Retry-After is kept, with up to half of it added at random.
func (b *backoff) next(err error) time.Duration {
	ceiling := b.most
	if b.attempt < 30 {
		ceiling = min(b.least<<b.attempt, b.most)
	}
	b.attempt++
	pause := rand.N(ceiling + 1) //nolint:gosec // spreads attempts, hides nothing
	if e, ok := errors.AsType[*RefusedError](err); ok && e.RetryAfter > 0 {
		asked := min(e.RetryAfter, maxPause)
		pause = max(pause, asked+rand.N(asked/2+1)) //nolint:gosec // spreads attempts, hides nothing
	}
	return pause
}

// ended takes note of how long a connection lived.
func (b *backoff) ended(lived time.Duration) {
	if lived >= stableAfter {
		b.attempt = 0
	}
}
