// Command soak loads a real server for a given time and checks every delivery.
//
// It builds and starts the server, connects many clients, each subscribed to
// one channel, publishes numbered messages at a steady rate, and counts per
// client what was lost, doubled or out of order. Every part of the run one
// tenth of the clients drops and returns. At the end all clients leave, and
// the server's goroutines and connections must be back to where they were.
// All traffic stays on 127.0.0.0/8.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// options are the flags.
type options struct {
	clients  int
	rate     float64
	duration time.Duration
	churn    bool
	binary   string
}

func main() {
	var o options
	flag.IntVar(&o.clients, "clients", 10_000, "connections, each subscribed to one channel (at most 15000)")
	flag.Float64Var(&o.rate, "rate", 10, "publications per second, each to all clients")
	flag.DurationVar(&o.duration, "duration", 30*time.Second, "how long to publish")
	flag.BoolVar(&o.churn, "churn", true, "have a tenth of the clients drop and return again and again")
	flag.StringVar(&o.binary, "server", "", "server binary (default: built from this checkout)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// maxClients leaves room below a descriptor limit of 20,000 per process.
const maxClients = 15_000

func run(ctx context.Context, o options) (err error) {
	if o.clients < 1 || o.clients > maxClients || o.rate <= 0 || o.duration <= 0 {
		return fmt.Errorf("clients must be 1 to %d, rate and duration above zero", maxClients)
	}
	srv, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	before, err := srv.stats(ctx)
	if err != nil {
		return err
	}
	f := newFleet(srv.address, o.clients)
	began := time.Now()
	if err := f.connect(ctx); err != nil {
		return err
	}
	report("connected", "clients", o.clients, "seconds", time.Since(began).Seconds())
	last, err := f.load(ctx, srv, o)
	if err != nil {
		return err
	}
	total := f.finish(ctx, last)
	report("delivered", "publications", last, "deliveries", total.received, "lost", total.lost, "doubled", total.doubled,
		"reordered", total.reordered, "gaps", total.gaps, "p50_ms", total.quantile(0.5), "p99_ms", total.quantile(0.99))
	used, err := srv.cpu()
	if err != nil {
		return err
	}
	report("server", "cpu_seconds", used.Seconds(), "us_per_delivery", float64(used.Microseconds())/float64(max(1, total.received)))
	f.leave()
	return errors.Join(total.verdict(), srv.settled(ctx, before))
}

// report prints one line of results.
func report(what string, pairs ...any) {
	line := fmt.Appendf(nil, "%-10s", what)
	for i := 0; i+1 < len(pairs); i += 2 {
		format := " %v=%v"
		if _, ok := pairs[i+1].(float64); ok {
			format = " %v=%.2f"
		}
		line = fmt.Appendf(line, format, pairs[i], pairs[i+1])
	}
	fmt.Fprintf(os.Stdout, "%s\n", line)
}
