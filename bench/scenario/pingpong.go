package scenario

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// pingPong has every client send its next ping when it has the answer to the
// last.
func pingPong(sc Scale) Scenario {
	return Scenario{
		ID:   "ping",
		Legs: legs("500", everyone, func(ctx context.Context, s *Site) (Figures, error) { return s.pingPong(ctx, sc) }),
		Rows: []Row{{
			Result: result.Result{
				ID: "ping-pong", Group: result.GroupCommands, Unit: "µs of server CPU per ping", Base: gobwas,
				Title:  "application ping → pong, 500 connections",
				Target: &result.Target{Text: "≤ 0.75 × goroutine-per-connection gobwas", Series: outcry, Bound: 0.75},
				Notes: []string{"By profile (500 connections, 8.6 µs a ping) 70 % are the two system calls that every server makes, " +
					"`sendto` with 4.7 µs and `recvfrom` with 0.8 µs, and 18 % the JSON of command and reply; " +
					"all the rest is 1 µs. A server with a goroutine for each connection pays for waking it, the more the fewer " +
					"connections have something to read at once; in this closed loop many do, so that most wake-ups are shared."},
			},
			Lines: lines("500", "cost", everyone),
		}},
	}
}

func (s *Site) pingPong(ctx context.Context, sc Scale) (Figures, error) {
	if err := s.open(sc.clients(500), load.Options{}); err != nil {
		return nil, err
	}
	if err := s.Fleet.StartPings(); err != nil {
		return nil, err
	}
	if err := s.Fleet.Rest(sc.span(300 * time.Millisecond)); err != nil {
		return nil, err
	}
	before, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	pongs := s.Fleet.Counts().Pongs
	if err := s.Fleet.Rest(sc.span(1500 * time.Millisecond)); err != nil {
		return nil, err
	}
	after, err := s.Server.Usage(ctx, worker.DetailCPU)
	if err != nil {
		return nil, err
	}
	pongs = s.Fleet.Counts().Pongs - pongs
	if err := s.Fleet.StopPings(patience); err != nil {
		s.trouble("some pings are not answered: %v", err)
	}
	return Figures{
		"cost": micros(after.CPU-before.CPU) / float64(max(1, pongs)),
		"rate": float64(pongs) / sc.span(1500*time.Millisecond).Seconds(),
	}, nil
}

// micros is a duration in microseconds.
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
