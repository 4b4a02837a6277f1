package scenario

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// idle measures connections on which nothing happens but pings, every 20 s,
// and heartbeats, every 30 s.
func idle(sc Scale) Scenario {
	return Scenario{
		ID:   "idle",
		Legs: legs("10000", []string{outcry}, func(ctx context.Context, s *Site) (Figures, error) { return s.idle(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "idle", Group: result.GroupIdle, Unit: "% of a core",
				Title:  "10,000 idle connections at default intervals, for 31 s from connecting on",
				Target: &result.Target{Text: "≤ 2 % of a core", Series: outcry, Bound: 2},
			},
			Lines: lines("10000", "share", []string{outcry}),
		}},
	}
}

func (s *Site) idle(ctx context.Context, sc Scale) (Figures, error) {
	if err := s.open(sc.clients(10_000), load.Options{}); err != nil {
		return nil, err
	}
	before, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := s.Fleet.Rest(sc.span(31 * time.Second)); err != nil {
		return nil, err
	}
	after, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	c := s.Fleet.Counts()
	if !sc.Quick && (c.Pings == 0 || c.Heartbeats == 0) {
		s.trouble("%d pings and %d heartbeats came", c.Pings, c.Heartbeats)
	}
	return Figures{
		"share":      100 * float64(after.CPU-before.CPU) / float64(time.Since(start)),
		"pings":      float64(c.Pings),
		"heartbeats": float64(c.Heartbeats),
	}, nil
}
