package scenario

import (
	"context"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// ownPrefix begins the names of channels that have one subscriber.
const ownPrefix = "orders"

// ownChannel is the channel of client i alone.
func ownChannel(i int) string { return worker.ChannelName(ownPrefix, i) }

// channels publishes to many channels of one subscriber each.
func channels(sc Scale) Scenario {
	servers := []string{floor, outcry, gobwas, gorilla, centrifuge}
	return Scenario{
		ID:   "channels",
		Legs: legs("10000", servers, func(ctx context.Context, s *Site) (Figures, error) { return s.channels(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "channels", Group: result.GroupFanOut, Unit: perDelivery, Base: floor,
				Title:  "10,000 channels of one subscriber, 10,000 publishes/s",
				Target: &result.Target{Text: "≤ 2 × floor", Series: outcry, Bound: 2},
			},
			Lines: lines("10000", "cost", servers),
		}},
	}
}

func (s *Site) channels(ctx context.Context, sc Scale) (Figures, error) {
	const rate = 10_000
	n := sc.clients(10_000)
	return s.broadcast(ctx, n, load.Options{Channel: ownChannel}, worker.Plan{
		Channel: ownPrefix, Channels: n, Rate: rate, Count: n,
	})
}
