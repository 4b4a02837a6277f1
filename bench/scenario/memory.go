package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/jwtauth"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const (
	tokenSecret = "a secret that only the benchmarks know"
	tokenLife   = time.Hour
)

// memory measures what a connection takes on which nothing happens.
func memory(sc Scale) Scenario {
	const own = "outcry-own"
	peers := []string{gobwas, gorilla, gws, coder, centrifuge}
	identified := func(name string, channel func(int) string) Leg {
		return Leg{
			Name: name + "/idle", Server: outcry, Options: hub.Options{Secret: tokenSecret},
			Measure: func(ctx context.Context, s *Site) (Figures, error) {
				return s.memory(ctx, sc, load.Options{Channel: channel, Token: token})
			},
		}
	}
	s := Scenario{ID: "memory", Legs: []Leg{identified(outcry, nil), identified(own, ownChannel)}}
	s.Legs = append(s.Legs, legs("idle", append([]string{outcryGoroutine}, peers...), func(ctx context.Context, s *Site) (Figures, error) {
		return s.memory(ctx, sc, load.Options{})
	})...)
	notes := []string{
		"Slope of the process's resident memory between 5,000 and 15,000 connections, after a forced collection. The kernel's memory for sockets comes on top, for all alike.",
		"Outcry's clients have an identity from a JWT, their user's own channel, two metadata entries and one subscription; those of the others have the subscription alone.",
	}
	row := func(id, title string, bound float64, series string, lines []Line) Row {
		return Row{
			Result: result.Result{
				ID: id, Group: result.GroupMemory, Unit: "bytes of process memory per connection", Title: title, Notes: notes,
				Target: &result.Target{Text: fmt.Sprintf("≤ %s B", thousands(int(bound))), Series: series, Bound: bound},
			},
			Lines: lines,
		}
	}
	s.Rows = []Row{
		row("memory-shared", "an idle connection subscribed to a shared channel", 1000, outcry,
			append(lines("idle", "bytes", []string{outcry, outcryGoroutine}), lines("idle", "bytes", peers)...)),
		row("memory-own", "an idle connection subscribed to a channel of its own", 1200, own,
			[]Line{{Name: own, Title: "Outcry", Leg: own + "/idle", Figure: "bytes"}}),
	}
	return s
}

func (s *Site) memory(ctx context.Context, sc Scale, opt load.Options) (Figures, error) {
	few, many := sc.clients(5_000), sc.clients(15_000)
	if err := s.open(few, opt); err != nil {
		return nil, err
	}
	a, err := s.settled(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Fleet.Connect(many-few, patience); err != nil {
		return nil, err
	}
	b, err := s.settled(ctx)
	if err != nil {
		return nil, err
	}
	slope := func(a, b int64) float64 { return float64(b-a) / float64(many-few) }
	return Figures{"bytes": slope(a.Resident, b.Resident), "heap": slope(a.Heap, b.Heap)}, nil
}

// settled is what the server holds when all is quiet.
func (s *Site) settled(ctx context.Context) (worker.Usage, error) {
	if err := s.Fleet.Rest(s.Scale.span(300 * time.Millisecond)); err != nil {
		return worker.Usage{}, err
	}
	return s.Server.Usage(ctx, worker.DetailSettled)
}

// token is the credentials of client i: of a user of its own with two metadata
// entries.
func token(i int) string {
	t, err := jwtauth.Sign([]byte(tokenSecret), jwtauth.Claims{
		UserID: fmt.Sprintf("trader-%05d", i),
		Meta:   json.RawMessage(`{"desk":"seoul-7","client":"web 4.2.1"}`),
	}, tokenLife)
	if err != nil {
		panic(err) // the secret and the claims are constants
	}
	return t
}
