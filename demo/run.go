package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/outcry-dev/outcry"
)

// Options say what Run publishes. The zero value works.
type Options struct {
	// Rate is the number of messages per second, all symbols together. Zero
	// means 100; at most 1,000,000.
	Rate float64
	Seed uint64
	// Symbols is the market. Default: Symbols().
	Symbols []Symbol
	// Logger learns of skipped messages. Default: slog.Default().
	Logger *slog.Logger
}

const (
	defaultRate = 100
	maxRate     = 1e6

	// beat is the shortest sleep between messages: at higher rates several
	// leave together, for timers are no finer.
	beat = time.Millisecond
	// patience is how long the messages due at one moment may wait for room.
	patience = 250 * time.Millisecond
	// maxLag is how far Run may fall behind before it gives up what is
	// overdue: a process that was stopped must not make up for an hour.
	maxLag = time.Second
	// reportEvery spaces the warnings about skipped messages.
	reportEvery = 10 * time.Second
)

// Run publishes a market until ctx ends, and then returns nil. It keeps to the
// clock: a publish that takes long does not slow the messages after it, which
// catch up. A message that finds no room in time (outcry.ErrBusy), or a node
// that cannot take it yet (ErrNotRunning, ErrUnavailable), is skipped and
// counted; any other error ends Run.
//
// publish is called from Run's goroutine only.
func Run(ctx context.Context, publish func(context.Context, outcry.Message) error, o Options) error {
	switch {
	case o.Rate == 0:
		o.Rate = defaultRate
	case !(o.Rate > 0 && o.Rate <= maxRate):
		return fmt.Errorf("demo rate %v must be above 0 and at most %d", o.Rate, int(maxRate))
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	market, err := NewMarket(o.Seed, o.Symbols...)
	if err != nil {
		return fmt.Errorf("demo market: %w", err)
	}
	now := time.Now()
	f := feed{market: market, publish: publish, logger: o.Logger, rate: o.Rate, start: now, reported: now}
	return f.run(ctx)
}

// feed paces a market. It is used by one goroutine.
type feed struct {
	market   *Market
	publish  func(context.Context, outcry.Message) error
	logger   *slog.Logger
	rate     float64
	start    time.Time
	next     int64 // number of the next message; message 0 is due at start
	skipped  uint64
	reported time.Time
}

func (f *feed) run(ctx context.Context) error {
	defer f.report(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if err := f.catchUp(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if f.skipped > 0 && time.Since(f.reported) >= reportEvery {
			f.report(ctx)
		}
		timer.Reset(max(time.Until(f.due(f.next)), beat))
	}
}

// due is when message n leaves. It is computed from the start, so that errors
// do not add up.
func (f *feed) due(n int64) time.Time {
	return f.start.Add(time.Duration(float64(n) / f.rate * float64(time.Second)))
}

// catchUp publishes all that is due.
func (f *feed) catchUp(ctx context.Context) error {
	now := time.Now()
	if lag := now.Sub(f.due(f.next)); lag > maxLag {
		overdue := int64(lag.Seconds() * f.rate)
		f.next += overdue
		f.skipped += uint64(overdue)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for at := f.due(f.next); !at.After(now) && ctx.Err() == nil; at = f.due(f.next) {
		f.next++
		switch err := f.publish(ctx, f.market.Next(at)); {
		case err == nil:
		case skippable(err):
			f.skipped++
		default:
			return fmt.Errorf("demo publish: %w", err)
		}
	}
	return nil
}

// skippable tells errors after which the next message may well be taken.
func skippable(err error) bool {
	return errors.Is(err, outcry.ErrBusy) || errors.Is(err, outcry.ErrNotRunning) ||
		errors.Is(err, outcry.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// report logs the messages skipped since the last report.
func (f *feed) report(ctx context.Context) {
	if f.skipped > 0 {
		f.logger.WarnContext(ctx, "demo feed skipped messages", slog.Uint64("skipped", f.skipped))
	}
	f.skipped = 0
	f.reported = time.Now()
}
