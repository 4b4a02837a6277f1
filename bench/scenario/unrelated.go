package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const (
	probePause  = 3 * time.Millisecond // on average, between the pings of a probe
	longestPing = time.Minute
)

// unrelated measures the pings of a client that has nothing to do with the
// broadcasts to all others.
func unrelated(sc Scale) Scenario {
	servers := []string{outcry, gobwas, gorilla, centrifuge}
	return Scenario{
		ID:   "unrelated",
		Legs: legs("10000", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.unrelated(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "unrelated-ping", Group: result.GroupLatency, Unit: "ms more than on the idle node, p99",
				Title:  "an unrelated client's ping during broadcasts to 10,000",
				Target: &result.Target{Text: "p99 ≤ 5 ms beyond the same ping on the idle node", Series: outcry, Bound: 5},
				Notes:  []string{"The server, 10,000 clients and the pinging client share the processor; what they wait for each other is within the figures."},
			},
			Lines: lines("10000", "beyond", servers),
		}},
	}
}

func (s *Site) unrelated(ctx context.Context, sc Scale) (Figures, error) {
	const rate = 4
	if err := s.open(sc.clients(10_000), load.Options{}); err != nil {
		return nil, err
	}
	p, err := load.Dial(s.options(load.Options{}))
	if err != nil {
		return nil, err
	}
	defer p.Close()
	plan := worker.Plan{Channel: channelName, Rate: rate, Count: sc.count(rate, 2500*time.Millisecond)}
	busy := time.Duration(float64(plan.Count) / rate * float64(time.Second))

	before, err := s.probe(p, sc.span(1500*time.Millisecond), s.Fleet.Rest)
	if err != nil {
		return nil, err
	}
	during, err := s.probe(p, busy, func(time.Duration) error {
		_, err := s.deliver(ctx, plan, worker.DetailCPU)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.keep(during, time.Millisecond)
	idle, p99 := at(before, 99, time.Millisecond), at(during, 99, time.Millisecond)
	return Figures{"idle": idle, "busy": p99, "beyond": p99 - idle}, nil
}

// probe measures pings for a while, during which the fleet does something.
func (s *Site) probe(p *load.Probe, d time.Duration, do func(time.Duration) error) (*hdrhistogram.Histogram, error) {
	h := hdrhistogram.New(1, int64(longestPing), 3)
	measured := make(chan error, 1)
	go func() { measured <- p.Measure(d, probePause, h) }()
	err := do(d)
	return h, errors.Join(err, <-measured)
}
