package scenario

import (
	"context"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// connecting measures what it takes until a client is subscribed.
func connecting(sc Scale) Scenario {
	return Scenario{
		ID:   "connect",
		Legs: legs("2000", everyone, func(ctx context.Context, s *Site) (Figures, error) { return s.connecting(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "connect", Group: result.GroupCommands, Unit: "µs of server CPU per connection", Base: gobwas,
				Title:  "connect, connection_established, subscribe, subscription_result",
				Target: &result.Target{Text: "≤ 1.3 × goroutine-per-connection gobwas", Series: outcry, Bound: 1.3},
			},
			Lines: lines("2000", "cost", everyone),
		}},
	}
}

func (s *Site) connecting(ctx context.Context, sc Scale) (Figures, error) {
	if err := s.open(sc.clients(200), load.Options{}); err != nil {
		return nil, err
	}
	before, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	n := sc.clients(2000)
	if err := s.Fleet.Connect(n, patience); err != nil {
		return nil, err
	}
	after, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	return Figures{"cost": micros(after.CPU-before.CPU) / float64(n)}, nil
}
