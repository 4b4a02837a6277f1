package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// returns breaks all connections at once and has everybody come back.
func returns(sc Scale) Scenario {
	servers := []string{outcry, gobwas}
	return Scenario{
		ID:   "returns",
		Legs: legs("15000", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.returns(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "returns", Group: result.GroupChurn, Unit: "s until all are back",
				Title:  "15,000 clients drop and return",
				Target: &result.Target{Text: "all back within 10 s, no error", Series: outcry, Bound: 10},
			},
			Lines: lines("15000", "seconds", servers),
		}, {
			Result: result.Result{
				ID: "returns-cpu", Group: result.GroupChurn, Unit: "µs of server CPU per return", Base: gobwas,
				Title: "15,000 clients drop and return",
			},
			Lines: lines("15000", "cost", servers),
		}},
	}
}

func (s *Site) returns(ctx context.Context, sc Scale) (Figures, error) {
	n := sc.clients(15_000)
	if err := s.open(n, load.Options{}); err != nil {
		return nil, err
	}
	before, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	for i := range n {
		s.Fleet.Drop(i)
	}
	if s.Fleet.Live() != 0 {
		return nil, fmt.Errorf("%d clients are left", s.Fleet.Live())
	}
	if err := s.Fleet.Return(patience); err != nil {
		return nil, err
	}
	took := time.Since(start)
	after, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	// That they are back shows in what they get.
	if _, err := s.deliver(ctx, worker.Plan{Channel: channelName, Rate: 1, Count: 1}, worker.DetailCPU); err != nil {
		return nil, err
	}
	return Figures{"seconds": took.Seconds(), "cost": micros(after.CPU-before.CPU) / float64(n)}, nil
}
