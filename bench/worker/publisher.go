package worker

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/outcry-dev/outcry/bench/clock"
	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/market"
)

// startDelay is from the request to the first publication.
const startDelay = time.Millisecond

// ChannelName is the name of the i-th channel of a plan of many.
func ChannelName(prefix string, i int) string { return prefix + "." + strconv.Itoa(i) }

// publisher publishes in the server's own process. It is safe for concurrent
// use: plans follow each other.
type publisher struct {
	hub   hub.Hub
	clock clock.Clock

	mu      sync.Mutex
	numbers map[string]uint32 // the last of each channel; guarded by mu
}

func newPublisher(h hub.Hub) (*publisher, error) {
	c, err := clock.New()
	return &publisher{hub: h, clock: c, numbers: map[string]uint32{}}, err
}

// feed is the publications of one channel during a plan.
type feed struct {
	channel string
	tick    *market.Tick
	n       uint32 // the last number
}

// publish carries out a plan and blocks until it is done. All that it needs is
// made before it begins.
func (p *publisher) publish(plan *Plan) (_ Published, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	feeds, err := p.feeds(plan)
	if err != nil {
		return Published{}, err
	}
	start := p.clock.Now() + int64(startDelay)
	s, err := newSchedule(plan, start)
	if err != nil {
		return Published{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	done, err := p.run(plan.Count, feeds, s)
	for i := range feeds {
		p.numbers[feeds[i].channel] = feeds[i].n
	}
	done.Elapsed = time.Duration(p.clock.Now() - start)
	return done, err
}

func (p *publisher) run(count int, feeds []feed, s *schedule) (done Published, err error) {
	for i := range count {
		due, err := s.next(p.clock.Now)
		if err != nil {
			return done, err
		}
		f := &feeds[i%len(feeds)]
		now := p.clock.Now()
		done.Late = max(done.Late, time.Duration(now-due))
		if err := p.hub.Publish(f.channel, f.tick.Write(f.n+1, now)); err != nil {
			return done, fmt.Errorf("publishing to %s: %w", f.channel, err)
		}
		f.n++
		done.Count++
	}
	return done, nil
}

func (p *publisher) feeds(plan *Plan) ([]feed, error) {
	feeds := make([]feed, max(1, plan.Channels))
	for i := range feeds {
		channel := plan.Channel
		if plan.Channels > 1 {
			channel = ChannelName(channel, i)
		}
		tick, err := market.NewTick(channel, plan.Size)
		if err != nil {
			return nil, err
		}
		feeds[i] = feed{channel: channel, tick: tick, n: p.numbers[channel]}
	}
	return feeds, nil
}
