package faults

import (
	"context"
	"sync"
	"testing"
	"time"
)

// publisher publishes numbered messages to a channel until end.
type publisher struct {
	stop    context.CancelFunc
	running sync.WaitGroup
	n       int   // number of the last
	failed  error // of the last
}

func publishTo(t *testing.T, s *server, channel string, every time.Duration) *publisher {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &publisher{stop: stop}
	t.Cleanup(func() { stop(); p.running.Wait() })
	p.running.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for ctx.Err() == nil && p.failed == nil {
			p.n++
			p.failed = s.publish(context.WithoutCancel(ctx), channel, p.n, 100)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return p
}

// end stops the publisher and returns the number of its last message.
func (p *publisher) end(t *testing.T) int {
	t.Helper()
	p.stop()
	p.running.Wait()
	if p.failed != nil {
		t.Errorf("publish message %d: %v", p.n, p.failed)
	}
	return p.n
}
