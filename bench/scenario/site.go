package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const (
	channelName = "quotes.AAPL"
	// patience is how long what has no load of its own may take.
	patience = 30 * time.Second
	// silence is how long nothing comes before the rest is given up.
	silence = 5 * time.Second
	// overload is the least delay of the last delivery that is told.
	overload = 100 * time.Millisecond
)

// Site is a running server and its clients. It belongs to one goroutine.
type Site struct {
	Server *worker.Process
	Fleet  *load.Fleet
	Scale  Scale

	phrases  *load.Phrases
	last     map[string]uint32 // what was published last on each channel
	problems []string
	lag      time.Duration // the largest
	latency  []result.Percentile
}

// build starts the server of a leg.
func build(ctx context.Context, e hub.Entry, l *Leg, procs int, sc Scale) (*Site, error) {
	phrases, err := load.PhrasesOf(e.Dialect)
	if err != nil {
		return nil, err
	}
	p, err := worker.Start(ctx, e.Name, l.Options, procs)
	if err != nil {
		return nil, err
	}
	return &Site{Server: p, Scale: sc, phrases: phrases, last: map[string]uint32{}}, nil
}

// close drops the clients and stops the server.
func (s *Site) close() error {
	var err error
	if s.Fleet != nil {
		s.problems = append(s.problems, s.Fleet.Problems()...)
		err = s.Fleet.Close()
	}
	return errors.Join(err, s.Server.Stop())
}

// open makes the fleet and connects n clients. What opt says of the server is
// filled in; Channel defaults to one for all.
func (s *Site) open(n int, opt load.Options) error {
	opt = s.options(opt)
	f, err := load.New(opt)
	if err != nil {
		return err
	}
	s.Fleet = f
	return f.Connect(n, patience)
}

// options completes what is the same for all clients.
func (s *Site) options(opt load.Options) load.Options {
	opt.Server, opt.Phrases = s.Server.Address(), s.phrases
	if opt.Channel == nil {
		opt.Channel = func(int) string { return channelName }
	}
	return opt
}

// window is what one plan has cost.
type window struct {
	delivered int64
	cpu       time.Duration
	mallocs   uint64
	elapsed   time.Duration // from the first publication to the last delivery
	bytes     int64         // of payloads, on the wire
}

// cost is the processor time per delivered message, in microseconds.
func (w window) cost() float64 {
	return float64(w.cpu) / float64(time.Microsecond) / float64(max(1, w.delivered))
}

// deliver publishes by a plan, has the clients read until all have everything,
// and returns what it cost the server. Each channel has to have the same
// number of subscribers.
func (s *Site) deliver(ctx context.Context, plan worker.Plan, d worker.Detail) (w window, err error) {
	before, err := s.Server.Usage(ctx, d)
	if err != nil {
		return w, err
	}
	counts := s.Fleet.Counts()
	start := time.Now()
	expected := int64(s.Fleet.Live()) * int64(plan.Count) / int64(max(1, plan.Channels))
	if err := s.publish(ctx, &plan); err != nil {
		return w, err
	}
	s.await(&plan, counts, expected)
	w.elapsed = time.Since(start)
	after, err := s.Server.Usage(ctx, d)
	if err != nil {
		return w, err
	}
	now := s.Fleet.Counts()
	w.delivered = now.Received - counts.Received
	w.bytes = now.Bytes - counts.Bytes
	w.cpu, w.mallocs = after.CPU-before.CPU, after.Mallocs-before.Mallocs
	if w.delivered != expected {
		s.trouble("%d messages delivered, %d expected", w.delivered, expected)
	}
	if n := s.Fleet.Behind(func(channel string) uint32 { return s.last[channel] }); n > 0 {
		s.trouble("%d clients have not got the last message", n)
	}
	return w, nil
}

// publish carries out a plan while the clients read.
func (s *Site) publish(ctx context.Context, plan *worker.Plan) error {
	type outcome struct {
		worker.Published
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		p, err := s.Server.Publish(ctx, plan)
		done <- outcome{p, err}
	}()
	var o *outcome
	limit := time.Duration(float64(plan.Count)/plan.Rate*float64(time.Second)) + patience
	err := s.Fleet.Run(limit, func() bool {
		select {
		case published := <-done:
			o = &published
		default:
		}
		return o != nil
	})
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	s.count(plan)
	s.late(plan, o.Late)
	return o.err
}

// await has the clients read until they have got, or are known to have lost, so
// many messages since then, or nothing comes any more.
func (s *Site) await(plan *worker.Plan, since load.Counts, expected int64) {
	start := time.Now()
	seen := func() int64 {
		now := s.Fleet.Counts()
		return now.Received - since.Received + now.Lost - since.Lost
	}
	for n := seen(); n < expected; {
		if err := s.Fleet.Run(silence, func() bool { return seen() >= expected }); err == nil {
			break
		}
		if seen() == n {
			s.trouble("nothing comes for %v, though messages are missing", silence)
			return
		}
		n = seen()
	}
	s.late(plan, time.Since(start))
}

// late keeps a delay that is more than a publication has until the next.
func (s *Site) late(plan *worker.Plan, d time.Duration) {
	if d > max(overload, time.Duration(float64(time.Second)/plan.Rate)) {
		s.lag = max(s.lag, d)
	}
}

// count keeps the last number of each channel of a plan.
func (s *Site) count(plan *worker.Plan) {
	if plan.Channels <= 1 {
		s.last[plan.Channel] += uint32(plan.Count)
		return
	}
	for i := range plan.Channels {
		n := plan.Count / plan.Channels
		if i < plan.Count%plan.Channels {
			n++
		}
		s.last[worker.ChannelName(plan.Channel, i)] += uint32(n)
	}
}

func (s *Site) trouble(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}
