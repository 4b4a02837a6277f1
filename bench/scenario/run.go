package scenario

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/result"
)

// Run runs scenarios.
type Run struct {
	Entries []hub.Entry
	Rounds  int
	Scale   Scale
	Log     *slog.Logger
	// Version returns the version of a module.
	Version func(module string) string
}

// outcome is what a leg came to in one round.
type outcome struct {
	figures  Figures
	problems []string
	lag      time.Duration
	latency  []result.Percentile
}

// Do runs all legs of a scenario in every round, and returns its rows. Its
// error means that ctx has ended; what fails by itself is a problem of its
// round.
func (r *Run) Do(ctx context.Context, s *Scenario) ([]result.Result, error) {
	rows := make([]result.Result, len(s.Rows))
	for i := range s.Rows {
		rows[i] = r.empty(s, &s.Rows[i])
	}
	for n := range r.Rounds {
		round := map[string]outcome{}
		for i := range s.Legs {
			l := &s.Legs[i]
			start := time.Now()
			o := r.measure(ctx, l)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			round[l.Name] = o
			r.report(s, l, n, o, time.Since(start))
		}
		for i := range s.Rows {
			for j, line := range s.Rows[i].Lines {
				rows[i].Series[j].Rounds = append(rows[i].Series[j].Rounds, line.value(round))
			}
		}
	}
	return rows, nil
}

// empty is a row without rounds.
func (r *Run) empty(s *Scenario, row *Row) result.Result {
	res := row.Result
	for _, line := range row.Lines {
		e := r.entry(s.leg(line.Leg).Server)
		series := result.Series{Name: line.Name, Title: line.Title, Server: e.Name, Version: r.Version(e.Module)}
		if series.Title == "" {
			series.Title = e.Title
		}
		res.Series = append(res.Series, series)
	}
	return res
}

// measure runs one leg.
func (r *Run) measure(ctx context.Context, l *Leg) (o outcome) {
	s, err := build(ctx, r.entry(l.Server), l, runtime.NumCPU(), r.Scale)
	if err != nil {
		return outcome{problems: []string{err.Error()}}
	}
	figures, err := l.Measure(ctx, s)
	closing := s.close()
	o = outcome{figures: figures, problems: s.problems, lag: s.lag, latency: s.latency}
	for _, err := range []error{err, closing} {
		if err != nil {
			o.problems = append(o.problems, err.Error())
		}
	}
	return o
}

// report tells how a leg went.
func (r *Run) report(s *Scenario, l *Leg, round int, o outcome, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("round", fmt.Sprintf("%d/%d", round+1, r.Rounds)), slog.Duration("took", took.Round(time.Millisecond))}
	for _, name := range slices.Sorted(maps.Keys(o.figures)) {
		attrs = append(attrs, slog.String(name, fmt.Sprintf("%.3g", o.figures[name])))
	}
	if o.lag > overload {
		attrs = append(attrs, slog.Duration("lag", o.lag.Round(time.Millisecond)))
	}
	if len(o.problems) > 0 {
		level = slog.LevelError
		attrs = append(attrs, slog.String("problems", strings.Join(o.problems, "; ")))
	}
	r.Log.LogAttrs(context.Background(), level, "measured", append([]slog.Attr{
		slog.String("scenario", s.ID), slog.String("leg", l.Name),
	}, attrs...)...)
}

// entry returns the one of that name. That there is one is tested.
func (r *Run) entry(name string) hub.Entry {
	for _, e := range r.Entries {
		if e.Name == name {
			return e
		}
	}
	return hub.Entry{Name: name}
}

// leg returns the one of that name. That there is one is tested.
func (s *Scenario) leg(name string) *Leg {
	for i := range s.Legs {
		if s.Legs[i].Name == name {
			return &s.Legs[i]
		}
	}
	return &Leg{}
}

// value is that of a line in one round.
func (l *Line) value(round map[string]outcome) result.Round {
	o := round[l.Leg]
	v := result.Round{Value: o.figures[l.Figure], Problems: o.problems, Percentiles: o.latency}
	lag := o.lag
	if l.Per != "" {
		per := round[l.Per]
		v.Problems = append(slices.Clip(v.Problems), per.problems...)
		lag = max(lag, per.lag)
		if d := per.figures[l.Figure]; d != 0 {
			v.Value /= d
		} else if len(v.Problems) == 0 {
			v.Problems = []string{"nothing to divide by"}
		}
	}
	if lag > overload {
		v.Lag = lag
	}
	return v
}
