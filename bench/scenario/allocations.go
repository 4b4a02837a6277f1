package scenario

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const (
	fewSubscribers  = 100
	manySubscribers = 1_000
)

// allocations counts what is allocated for few and for many subscribers: what
// grows with them is the deliveries', the rest is the publication's.
func allocations(sc Scale) Scenario {
	servers := []string{outcry, gobwas, gorilla, centrifuge}
	row := func(id, title, unit, figure, text string, bound float64) Row {
		return Row{
			Result: result.Result{
				ID: id, Group: result.GroupFanOut, Unit: unit, Title: title,
				Target: &result.Target{Text: text, Series: outcry, Bound: bound},
			},
			Lines: lines("1000", figure, servers),
		}
	}
	return Scenario{
		ID:   "allocations",
		Legs: legs("1000", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.allocations(ctx, sc) }),
		Rows: []Row{
			row("allocations-delivery", "allocations for each subscriber of a publication", "allocations per delivered message",
				"delivery", "0", 0.005),
			row("allocations-publish", "allocations for a publication", "allocations per publication", "publish", "≤ 10", 10),
		},
	}
}

func (s *Site) allocations(ctx context.Context, sc Scale) (Figures, error) {
	const rate = 100
	few, many := sc.clients(fewSubscribers), sc.clients(manySubscribers)
	if err := s.open(few, load.Options{Late: true}); err != nil {
		return nil, err
	}
	plan := worker.Plan{Channel: channelName, Rate: rate, Count: sc.count(rate, 500*time.Millisecond)}
	a, err := s.mallocs(ctx, plan)
	if err != nil {
		return nil, err
	}
	if err := s.Fleet.Connect(many-few, patience); err != nil {
		return nil, err
	}
	b, err := s.mallocs(ctx, plan)
	if err != nil {
		return nil, err
	}
	return Figures{"publish": a, "delivery": max(0, b-a) / float64(many-few)}, nil
}

// mallocs returns the allocations per publication of a plan, without those of
// asking for them, and of what connecting has left to be cleared away.
func (s *Site) mallocs(ctx context.Context, plan worker.Plan) (float64, error) {
	if _, err := s.settled(ctx); err != nil {
		return 0, err
	}
	warmUp := plan
	warmUp.Rate *= 20 // so that messages have to wait for each other
	if _, err := s.deliver(ctx, warmUp, worker.DetailAllocs); err != nil {
		return 0, err
	}
	s.lag = 0
	w, err := s.deliver(ctx, plan, worker.DetailAllocs)
	if err != nil {
		return 0, err
	}
	a, err := s.Server.Usage(ctx, worker.DetailAllocs)
	if err != nil {
		return 0, err
	}
	b, err := s.Server.Usage(ctx, worker.DetailAllocs)
	if err != nil {
		return 0, err
	}
	return max(0, float64(w.mallocs)-float64(b.Mallocs-a.Mallocs)) / float64(plan.Count), nil
}
