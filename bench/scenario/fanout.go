package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const perDelivery = "µs of server CPU per delivered message"

// fanOut publishes to many subscribers, so slowly that each message goes out by
// itself.
func fanOut(sc Scale) Scenario {
	s := Scenario{ID: "fan-out"}
	all := append([]string{floor}, everyone...)
	for _, size := range []struct {
		subscribers int
		rate        float64
		servers     []string
		target      *result.Target
	}{
		{100, 200, []string{floor, outcry}, nil},
		{1_000, 50, all, &result.Target{Text: "≤ 1.15 × floor", Series: outcry, Bound: 1.15}},
		{10_000, 5, all, &result.Target{Text: "≤ 1.15 × floor", Series: outcry, Bound: 1.15}},
	} {
		n := fmt.Sprint(size.subscribers)
		s.Legs = append(s.Legs, legs(n, size.servers, broadcast(sc, size.subscribers, size.rate, 1500*time.Millisecond))...)
		s.Rows = append(s.Rows, Row{
			Result: result.Result{
				ID: "fan-out-" + n, Group: result.GroupFanOut, Unit: perDelivery, Base: floor, Target: size.target,
				Title: fmt.Sprintf("%s subscribers, one message per flush", thousands(size.subscribers)),
			},
			Lines: lines(n, "cost", size.servers),
		})
	}
	s.Rows = append(s.Rows, Row{
		Result: result.Result{
			ID: "growth", Group: result.GroupFanOut, Unit: "× the cost at 100 subscribers", Base: floor,
			Title:  "growth of the cost per delivered message from 100 to 10,000 subscribers",
			Target: &result.Target{Text: "≤ 1.1 × the floor's own growth", Series: outcry, Bound: 1.1},
		},
		Lines: []Line{
			{Name: floor, Leg: "floor/10000", Figure: "cost", Per: "floor/100"},
			{Name: outcry, Leg: "outcry/10000", Figure: "cost", Per: "outcry/100"},
		},
	})
	return s
}

// broadcast measures publications to all clients of one channel.
func broadcast(sc Scale, subscribers int, rate float64, d time.Duration) func(context.Context, *Site) (Figures, error) {
	return func(ctx context.Context, s *Site) (Figures, error) {
		return s.broadcast(ctx, sc.clients(subscribers), load.Options{}, worker.Plan{
			Channel: channelName, Rate: rate, Count: sc.count(rate, d),
		})
	}
}

// broadcast connects subscribers, warms up, and measures a plan.
func (s *Site) broadcast(ctx context.Context, subscribers int, opt load.Options, plan worker.Plan) (Figures, error) {
	if err := s.open(subscribers, opt); err != nil {
		return nil, err
	}
	warmUp := plan
	warmUp.Count = max(2, plan.Channels, plan.Count/10)
	if _, err := s.deliver(ctx, warmUp, worker.DetailCPU); err != nil {
		return nil, err
	}
	s.lag = 0
	s.Fleet.Latency().Reset()
	w, err := s.deliver(ctx, plan, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	return Figures{
		"cost":  w.cost(),
		"wire":  float64(w.bytes) / float64(max(1, w.delivered)),
		"share": float64(w.cpu) / float64(w.elapsed),
	}, nil
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
