package cli

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/demo"
)

const (
	// demoBacklog bounds the messages that wait for the server; beyond it they
	// are skipped.
	demoBacklog = 4096
	// demoBatch bounds the messages of one call.
	demoBatch = 500
)

// demoOptions are the flags of demo.
type demoOptions struct {
	api  apiFlags
	feed demo.Options
}

func newDemo(env *environment) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Publish a synthetic market to a running server",
		Long: `Publishes quotes and trades of a dozen made-up symbols, whose prices walk at
random with bursts of volatility, to quotes.SYMBOL and trades.SYMBOL until
interrupted.`,
		Example: `  outcry demo --rate 500`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.feed.Rate, "rate", 100, "messages per second, all symbols together")
	flags.Uint64Var(&o.feed.Seed, "seed", 0, "what the market is made from; the same seed gives the same prices")
	o.api.register(flags)
	return cmd
}

func (o *demoOptions) run(ctx context.Context, env *environment) error {
	if !(o.feed.Rate > 0) {
		return usage(fmt.Errorf("--rate %v must be greater than 0", o.feed.Rate))
	}
	publisher, err := o.api.publisher(env)
	if err != nil {
		return err
	}
	o.feed.Logger = slog.New(slog.NewTextHandler(env.Stderr, nil))
	began := time.Now()
	pump := newDemoPump(publisher)
	err = pump.run(ctx, o.feed)
	took := time.Since(began)
	if _, printErr := fmt.Fprintf(env.Stdout, "published %d, refused %d, in %v (%.0f/s)\n", pump.published, pump.refused,
		took.Round(time.Millisecond), float64(pump.published)/took.Seconds()); printErr != nil {
		return printErr
	}
	if err == nil && pump.published == 0 && pump.refusal != nil {
		err = pump.refusal
	}
	return explain(err, "--api-key or OUTCRY_API_KEY")
}

// demoPump carries messages from the market to the server in batches, so that
// the rate does not depend on the time one call takes.
type demoPump struct {
	publisher *client.Publisher
	waiting   chan client.Publication

	published, refused int
	refusal            error // the first
}

func newDemoPump(p *client.Publisher) *demoPump {
	return &demoPump{publisher: p, waiting: make(chan client.Publication, demoBacklog)}
}

// run publishes the market until ctx ends, nil, or the server cannot be used.
func (p *demoPump) run(ctx context.Context, feed demo.Options) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var sender sync.WaitGroup
	sender.Go(func() { stop(p.send(running)) })
	err := demo.Run(running, p.take, feed)
	stop(nil)
	sender.Wait()
	if err == nil && ctx.Err() == nil {
		err = context.Cause(running)
	}
	return left(ctx, err)
}

// take queues one message; without room it is outcry.ErrBusy, which the market
// counts as skipped.
func (p *demoPump) take(_ context.Context, m outcry.Message) error {
	select {
	case p.waiting <- client.Publication{Channel: m.Channel, Object: m.Object, Data: m.Data, Event: m.Event, ID: m.ID, Key: m.Key}:
		return nil
	default:
		return outcry.ErrBusy
	}
}

// send publishes what waits until ctx ends.
func (p *demoPump) send(ctx context.Context) error {
	for {
		batch, err := p.next(ctx)
		if err != nil {
			return err
		}
		results, err := p.publisher.PublishBatch(ctx, batch)
		for _, r := range results {
			if r.Err == nil {
				p.published++
				continue
			}
			p.refused++
			if p.refusal == nil {
				p.refusal = r.Err
			}
		}
		if err != nil {
			return err
		}
	}
}

// next waits for a message and takes all that wait behind it.
func (p *demoPump) next(ctx context.Context) ([]client.Publication, error) {
	var batch []client.Publication
	select {
	case m := <-p.waiting:
		batch = append(batch, m)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	for len(batch) < demoBatch {
		select {
		case m := <-p.waiting:
			batch = append(batch, m)
		default:
			return batch, nil
		}
	}
	return batch, nil
}
