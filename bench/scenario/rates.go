package scenario

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const rateSubscribers = 200

// rates publishes to few subscribers, faster and faster.
func rates(sc Scale) Scenario {
	const batched = "outcry-batch"
	all := append([]string{floor, centrifugeBatched}, everyone...)
	s := Scenario{ID: "rate"}
	add := func(load string, rate float64, arrival worker.Arrival, servers ...string) {
		s.Legs = append(s.Legs, legs(load, servers, stream(sc, rate, arrival, ""))...)
		s.Legs = append(s.Legs, Leg{
			Name: batched + "/" + load, Server: outcry, Measure: stream(sc, rate, arrival, "batch=1"),
		})
	}
	slow := []string{floor, outcry, gorilla, coder, centrifugeBatched}
	fast := []string{outcry, outcryGoroutine, gorilla, coder, centrifuge, centrifugeBatched}
	add("100", 100, worker.Steady, slow...)
	add("1000", 1000, worker.Steady, all...)
	add("poisson", 1000, worker.Poisson, floor, outcry, gorilla)
	add("5000", 5000, worker.Steady, fast...)

	row := func(id, title, load string, rate float64, target *result.Target, servers ...string) {
		l := lines(load, "cost", servers)
		l = append(l, Line{Name: batched, Title: "Outcry, batch=1", Leg: batched + "/" + load, Figure: "cost"})
		s.Rows = append(s.Rows, Row{
			Result: result.Result{
				ID: id, Group: result.GroupRate, Title: title, Unit: perDelivery, Base: floor, Rate: rate, Target: target,
			},
			Lines: l,
		})
	}
	coalesced := &result.Target{Text: "≤ 0.60 × floor per delivered message", Series: outcry, Bound: 0.60}
	row("rate-100", "200 subscribers, 100 msg/s", "100", 100, nil, slow...)
	row("rate-1000", "200 subscribers, 1,000 msg/s, steady", "1000", 1000, coalesced, all...)
	row("rate-1000-poisson", "200 subscribers, 1,000 msg/s, Poisson", "poisson", 0, coalesced, floor, outcry, gorilla)
	row("rate-5000", "200 subscribers, 5,000 msg/s", "5000", 5000,
		&result.Target{Text: "≤ 0.18 × the floor at 1,000 msg/s", Series: outcry, Bound: 0.18}, fast...)
	last := &s.Rows[len(s.Rows)-1]
	last.Lines = append(last.Lines, Line{Name: floor, Title: "floor at 1,000 msg/s", Leg: "floor/1000", Figure: "cost"})
	return s
}

// stream measures publications to few clients of one channel.
func stream(sc Scale, rate float64, arrival worker.Arrival, query string) func(context.Context, *Site) (Figures, error) {
	return func(ctx context.Context, s *Site) (Figures, error) {
		return s.broadcast(ctx, sc.clients(rateSubscribers), load.Options{Query: query}, worker.Plan{
			Channel: channelName, Rate: rate, Arrival: arrival, Count: sc.count(rate, 1500*time.Millisecond),
		})
	}
}
