package replay

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"
)

const (
	// window is how far apart ticks may be due to leave in one batch.
	window = 2 * time.Millisecond
	// maxBatch and maxBatchBytes bound a batch; one tick always fits.
	maxBatch      = 256
	maxBatchBytes = 512 << 10
)

// Source is where a Player takes its ticks from. A *File is one.
type Source interface {
	// Next returns io.EOF at the end.
	Next() (Tick, error)
	// Ready says that Next will not wait for input.
	Ready() bool
	// Rewind goes back to the first tick.
	Rewind() error
}

var _ Source = (*File)(nil)

// Player publishes ticks when they are due. Its fields are set before Run; one
// Run at a time.
type Player struct {
	// Publish takes a batch that is due now; it keeps nothing of the slice. It
	// returns an error per tick in their order, or nil where all were taken.
	// Its own error ends the replay. Required.
	Publish func(ctx context.Context, batch []Tick) ([]error, error)
	// Speed is how many times faster than recorded; 0 is as fast as possible.
	Speed float64
	// MaxWait cuts longer pauses short, so that nights and mistaken dates do
	// not stop the replay; 0 keeps every pause.
	MaxWait time.Duration
	// Limit ends the replay after so many ticks; 0 is no limit.
	Limit int
	// Loop begins again at the end, until ctx ends or the limit is reached.
	Loop bool
	// OnReject hears of every tick Publish refused; may be nil.
	OnReject func(Tick, error)
	// OnProgress is called after every batch; may be nil.
	OnProgress func(Summary)
}

// Summary says what a replay has done.
type Summary struct {
	Published int
	// Rejected ticks are those Publish refused.
	Rejected int
	// Late ticks were older than one before them and went out at once.
	Late int
	// Cut is the number of pauses longer than MaxWait.
	Cut int
	// Lag is how far publishing fell behind the clock at the worst.
	Lag time.Duration
	// Passes is how many times the recording was played to its end.
	Passes  int
	Elapsed time.Duration
}

// Rate is the ticks published per second.
func (s Summary) Rate() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Published) / s.Elapsed.Seconds()
}

// Run publishes all ticks of src and returns what it did, with an error too.
// It blocks until the end, the limit or the end of ctx, whose cause it returns.
func (p *Player) Run(ctx context.Context, src Source) (Summary, error) {
	r := run{
		player:  p,
		src:     src,
		pacer:   pacer{speed: p.Speed, maxWait: p.MaxWait},
		started: time.Now(),
		timer:   time.NewTimer(0),
	}
	defer r.timer.Stop()
	err := r.all(ctx)
	return r.summary(), err
}

// run is one Run in progress.
type run struct {
	player  *Player
	src     Source
	pacer   pacer
	started time.Time
	timer   *time.Timer
	batch   []Tick
	bytes   int
	due     time.Time // of the batch; zero: no time of its own
	taken   int       // ticks taken from src
	done    Summary
}

func (r *run) summary() Summary {
	s := r.done
	s.Late, s.Cut = r.pacer.late, r.pacer.cut
	s.Elapsed = time.Since(r.started)
	return s
}

func (r *run) all(ctx context.Context) error {
	for {
		before := r.done.Published
		err := r.pass(ctx)
		if !errors.Is(err, io.EOF) {
			return err
		}
		r.done.Passes++
		if !r.player.Loop || r.done.Published == before {
			return nil
		}
		if err := r.src.Rewind(); err != nil {
			return err
		}
		r.pacer.again()
	}
}

// pass plays to the end of the source, io.EOF, or to the limit, nil.
func (r *run) pass(ctx context.Context) error {
	for r.player.Limit <= 0 || r.taken < r.player.Limit {
		t, err := r.src.Next()
		if err != nil {
			return cmp.Or(r.flush(ctx), err)
		}
		r.taken++
		if err := r.take(ctx, t); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

// take adds a tick to the batch once it is due. What is in the batch leaves
// first if this one is not due yet, does not fit, or is followed by a wait for
// input.
func (r *run) take(ctx context.Context, t Tick) error {
	due := r.pacer.due(t.Time, time.Now())
	if time.Until(due) > window {
		if err := r.flush(ctx); err != nil {
			return err
		}
		if err := r.sleep(ctx, time.Until(due)); err != nil {
			return err
		}
	}
	if len(r.batch) == maxBatch || r.bytes+len(t.Object) > maxBatchBytes {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if len(r.batch) == 0 {
		r.due = due
	}
	r.batch = append(r.batch, t)
	r.bytes += len(t.Object)
	if !r.src.Ready() {
		return r.flush(ctx)
	}
	return nil
}

func (r *run) sleep(ctx context.Context, d time.Duration) error {
	r.timer.Reset(d)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-r.timer.C:
		return nil
	}
}

func (r *run) flush(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(r.batch) == 0 {
		return nil
	}
	if !r.due.IsZero() {
		r.done.Lag = max(r.done.Lag, time.Since(r.due))
	}
	refusals, err := r.player.Publish(ctx, r.batch)
	if err != nil {
		return err
	}
	for i, t := range r.batch {
		if i >= len(refusals) || refusals[i] == nil {
			r.done.Published++
			continue
		}
		r.done.Rejected++
		if r.player.OnReject != nil {
			r.player.OnReject(t, refusals[i])
		}
	}
	r.batch, r.bytes = r.batch[:0], 0
	if r.player.OnProgress != nil {
		r.player.OnProgress(r.summary())
	}
	return nil
}
