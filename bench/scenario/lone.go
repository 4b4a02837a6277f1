package scenario

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// lone measures how long a message takes to the only client there is.
func lone(sc Scale) Scenario {
	servers := []string{floor, outcry, outcryGoroutine, gobwas, gorilla, centrifuge}
	row := func(id, title, figure, text string, bound float64) Row {
		return Row{
			Result: result.Result{
				ID: id, Group: result.GroupLatency, Unit: "µs from publish to receipt", Title: title,
				Target: &result.Target{Text: text, Series: outcry, Bound: bound},
				Notes: []string{"The floor, one `sendto` from the publisher's own call, takes what the kernel needs to wake the client " +
					"on an idle core: where that alone is above the target, as its row below may show, no server can reach it. " +
					"Outcry adds the waking of its Loop."},
			},
			Lines: lines("lone", figure, servers),
		}
	}
	return Scenario{
		ID:   "lone",
		Legs: legs("lone", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.lone(ctx, sc) }),
		Rows: []Row{
			row("lone-p50", "a lone subscriber of an otherwise idle node, p50", "p50", "≤ 100 µs", 100),
			row("lone-p99", "a lone subscriber of an otherwise idle node, p99", "p99", "≤ 1.5 ms", 1500),
		},
	}
}

func (s *Site) lone(ctx context.Context, sc Scale) (Figures, error) {
	const rate = 150
	if _, err := s.broadcast(ctx, 1, load.Options{}, worker.Plan{
		Channel: channelName, Rate: rate, Count: sc.count(rate, 2*time.Second),
	}); err != nil {
		return nil, err
	}
	h := s.Fleet.Latency()
	s.keep(h, time.Microsecond)
	return Figures{"p50": at(h, 50, time.Microsecond), "p99": at(h, 99, time.Microsecond)}, nil
}
