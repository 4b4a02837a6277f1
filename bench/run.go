package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/scenario"
)

// run measures all that is asked for and writes the results after each
// scenario. Targets that are missed are told; what was lost or went wrong with
// a judged server is an error.
func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	rounds := f.Int("rounds", 7, "rounds of each scenario")
	only := f.String("only", "", "scenarios or rows to measure, with commas between; results of the others stay; all if empty")
	quick := f.Bool("quick", false, "see in a minute that all works: one round of small crowds, whose figures mean nothing")
	out := f.String("out", "", "folder for results.json")
	if err := parse(f, args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("run: -out FOLDER is missing")
	}
	if *quick && !given(f, "rounds") {
		*rounds = 1
	}
	var ids []string
	if *only != "" {
		ids = strings.Split(*only, ",")
	}
	scale := scenario.Scale{Quick: *quick}
	selected := scenario.Select(scenario.All(scale), ids)
	if len(selected) == 0 || *rounds < 1 {
		return errors.New("run: nothing to measure")
	}
	return measure(ctx, selected, &scenario.Run{Entries: servers(), Rounds: *rounds, Scale: scale, Log: logger()}, *out)
}

// given reports whether a flag was set.
func given(f *flag.FlagSet, name string) (yes bool) {
	f.Visit(func(g *flag.Flag) { yes = yes || g.Name == name })
	return yes
}

func measure(ctx context.Context, selected []scenario.Scenario, r *scenario.Run, out string) error {
	before, err := result.Read(out)
	if err != nil {
		return err
	}
	machine, err := result.Here()
	if err != nil {
		return err
	}
	r.Version = func(module string) string { return machine.Modules[module] }
	all := &result.Report{Machine: machine, Rounds: r.Rounds, Quick: r.Scale.Quick, Soak: before.Soak}
	if before.Rounds == r.Rounds && before.Quick == r.Scale.Quick && before.Machine.CPU == machine.CPU {
		all.Results = others(before, selected)
	}
	start := time.Now()
	for i := range selected {
		rows, err := r.Do(ctx, &selected[i])
		if err != nil {
			return err
		}
		all.Results = append(all.Results, rows...)
		if err := all.Write(out); err != nil {
			return err
		}
	}
	r.Log.Info("measured all", slog.Duration("took", time.Since(start).Round(time.Second)))
	return judge(all, r.Log)
}

// others are the results of a former run like this one that are not measured
// now. What is measured comes behind them.
func others(before *result.Report, selected []scenario.Scenario) []result.Result {
	return slices.DeleteFunc(before.Results, func(r result.Result) bool {
		return slices.ContainsFunc(selected, func(s scenario.Scenario) bool {
			return slices.ContainsFunc(s.Rows, func(row scenario.Row) bool { return row.ID == r.ID })
		})
	})
}

// judge tells how each row with a target came out, where the figures mean
// something.
func judge(all *result.Report, log *slog.Logger) error {
	var wrong []string
	for i := range all.Results {
		r := &all.Results[i]
		v := r.Judge()
		if r.Target != nil && !all.Quick {
			log.Info("judged", slog.String("row", r.ID), slog.Bool("ok", v.OK), slog.String("target", r.Target.Text),
				slog.String("median", fmt.Sprintf("%.3g", v.Reached.Median)),
				slog.String("spread", fmt.Sprintf("%.3g to %.3g", v.Reached.Min, v.Reached.Max)))
		}
		if p := problems(r); len(p) > 0 {
			wrong = append(wrong, r.ID+": "+strings.Join(p, "; "))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("these figures do not count:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// problems are those of the series that are judged and of what they are
// compared with: a peer's own trouble is in the results and no error.
func problems(r *result.Result) []string {
	var all []string
	for i := range r.Series {
		s := &r.Series[i]
		if r.Target == nil || s.Name != r.Target.Series && s.Name != r.Base {
			continue
		}
		for _, round := range s.Rounds {
			all = append(all, round.Problems...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
