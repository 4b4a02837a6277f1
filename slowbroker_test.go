package outcry

import (
	"maps"
	"sync"
	"testing"
)

// slowBroker is a Broker whose joins the test confirms, in its own time. Safe
// for concurrent use.
type slowBroker struct {
	*memoryBroker
	mu      sync.Mutex
	pending map[string][]func(error) // joins not confirmed, by channel
	joined  map[string]int           // joins less leaves
	onJoin  func(channel string)     // called first; may panic
	prompt  bool                     // joins are confirmed before Join returns
}

func newSlowBroker() *slowBroker {
	return &slowBroker{memoryBroker: newMemoryBroker(), pending: make(map[string][]func(error)), joined: make(map[string]int)}
}

var _ Broker = (*slowBroker)(nil)

// Join implements Broker.
func (b *slowBroker) Join(channel string, ready func(error)) bool {
	if b.onJoin != nil {
		b.onJoin(channel)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.joined[channel]++
	if b.prompt {
		ready(nil)
	} else {
		b.pending[channel] = append(b.pending[channel], ready)
	}
	return false
}

// Leave implements Broker.
func (b *slowBroker) Leave(channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.joined[channel]--; b.joined[channel] == 0 {
		delete(b.joined, channel)
	}
}

// next waits for a join of channel and returns what confirms it.
func (b *slowBroker) next(t *testing.T, channel string) (confirm func(error)) {
	t.Helper()
	eventually(t, "the broker is asked to join "+channel, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		waiting := b.pending[channel]
		if len(waiting) == 0 {
			return false
		}
		confirm, b.pending[channel] = waiting[0], waiting[1:]
		return true
	})
	return confirm
}

// joins returns the joins less leaves of every channel.
func (b *slowBroker) joins() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.joined)
}

// slowly is open with a slowBroker and one Loop.
func slowly() (Config, *slowBroker) {
	cfg, b := open(), newSlowBroker()
	cfg.Broker, cfg.Loops = b, 1
	return cfg, b
}
