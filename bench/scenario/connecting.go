package scenario

import (
	"context"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// connecting measures what it takes until a client is subscribed. The server to
// compare with upgrades through net/http, as Outcry does to be an http.Handler;
// what that costs shows in the row beside, where gobwas/ws has the port for
// itself.
func connecting(sc Scale) Scenario {
	servers := append([]string{gobwasHTTP}, everyone...)
	return Scenario{
		ID:   "connect",
		Legs: legs("2000", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.connecting(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "connect", Group: result.GroupCommands, Unit: "µs of server CPU per connection", Base: gobwasHTTP,
				Title:  "connect, connection_established, subscribe, subscription_result",
				Target: &result.Target{Text: "≤ 1.3 × goroutine-per-connection gobwas, also through net/http", Series: outcry, Bound: 1.3},
			},
			Lines: lines("2000", "cost", servers),
		}, {
			Result: result.Result{
				ID: "connect-bare", Group: result.GroupCommands, Unit: "× the cost where gobwas/ws upgrades without net/http",
				Title: "the same beside a server that does without net/http",
			},
			Lines: []Line{
				{Name: gobwas, Leg: gobwas + "/2000", Figure: "cost", Per: gobwas + "/2000"},
				{Name: gobwasHTTP, Leg: gobwasHTTP + "/2000", Figure: "cost", Per: gobwas + "/2000"},
				{Name: outcry, Leg: outcry + "/2000", Figure: "cost", Per: gobwas + "/2000"},
			},
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
