package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/scenario"
)

// soak runs a crowd under churn and adds the record to the results. What was
// lost, and what has grown, is an error.
func soak(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	duration := f.Duration("duration", 10*time.Minute, "how long")
	conns := f.Int("conns", 15_000, "clients")
	name := f.String("server", "outcry", "server")
	out := f.String("out", "", "folder for results.json")
	if err := parse(f, args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("soak: -out FOLDER is missing")
	}
	e, err := server(*name)
	if err != nil {
		return err
	}
	all, err := result.Read(*out)
	if err != nil {
		return err
	}
	if all.Machine.Date.IsZero() {
		if all.Machine, err = result.Here(); err != nil {
			return err
		}
	}
	k := scenario.Soak{Entry: e, Connections: *conns, Duration: *duration, Log: logger()}
	if all.Soak, err = k.Do(ctx); err != nil {
		return err
	}
	if err := all.Write(*out); err != nil {
		return err
	}
	if p := all.Soak.Problems; len(p) > 0 {
		return fmt.Errorf("soak: %s", strings.Join(p, "; "))
	}
	return nil
}
