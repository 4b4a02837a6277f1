package scenario

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const (
	soakRate   = 2                      // publications a second, to everybody
	churnEvery = 100 * time.Millisecond // clients drop and return
	churnPart  = 1000                   // one in so many of them, each time
	sampleRate = time.Second
	settle     = 500 * time.Millisecond // without a message: nothing is under way
	progress   = 30                     // samples between two lines of the log
)

// Soak is a long run of one server under churn.
type Soak struct {
	Entry       hub.Entry
	Connections int
	Duration    time.Duration
	Log         *slog.Logger
}

// Do runs it. While publications go to all clients, some of them drop and
// return all the time, and every second the process is looked at. At the end
// everybody has to have the last publication, and the process must not have
// grown: what is not so is a problem of the record. The error means that the
// run came to no end.
func (k *Soak) Do(ctx context.Context) (*result.Soak, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := build(ctx, k.Entry, &Leg{}, runtime.NumCPU(), Scale{})
	if err != nil {
		return nil, err
	}
	r := &soaking{
		Site: s, log: k.Log, batch: max(1, k.Connections/churnPart), size: k.Connections,
		record: result.Soak{Connections: k.Connections, Duration: k.Duration},
	}
	if err = s.open(k.Connections, load.Options{Late: true}); err == nil {
		err = r.run(ctx, k.Duration)
	}
	if s.Fleet != nil {
		r.record.Delivered = s.Fleet.Counts().Received
	}
	err = errors.Join(err, s.close())
	r.record.Problems = slices.Concat(s.problems, result.Growth(r.record.Samples))
	return &r.record, err
}

// soaking is a Soak that runs. It belongs to one goroutine.
type soaking struct {
	*Site
	log         *slog.Logger
	record      result.Soak
	start       time.Time
	size, batch int // clients, and how many of them drop at a time
	next        int // the client that drops next
}

func (r *soaking) run(ctx context.Context, d time.Duration) error {
	r.start = time.Now()
	plan := worker.Plan{Channel: channelName, Rate: soakRate, Count: int(d.Seconds() * soakRate)}
	published := make(chan error, 1)
	go func() {
		_, err := r.Server.Publish(ctx, &plan)
		published <- err
	}()
	usages := make(chan worker.Usage)
	sampled := make(chan error, 1)
	go func() { sampled <- r.sample(ctx, usages) }()
	for {
		select {
		case u := <-usages:
			r.add(u)
			continue
		case err := <-sampled:
			return err
		case err := <-published:
			if err != nil {
				return err
			}
			r.count(&plan)
			if err := r.quiet(); err != nil {
				return err
			}
			// One more, which those that have just returned get as well.
			_, err = r.deliver(ctx, worker.Plan{Channel: channelName, Rate: soakRate, Count: 1}, worker.DetailCPU)
			return err
		default:
		}
		if err := r.churn(); err != nil {
			return err
		}
	}
}

// quiet has the clients read until nothing comes any more: what is still under
// way when the last publication has been made.
func (r *soaking) quiet() error {
	for before := int64(-1); before != r.Fleet.Counts().Received; {
		before = r.Fleet.Counts().Received
		if err := r.Fleet.Rest(settle); err != nil {
			return err
		}
	}
	return nil
}

// churn has some clients drop and return.
func (r *soaking) churn() error {
	if err := r.Fleet.Rest(churnEvery); err != nil {
		return err
	}
	for range r.batch {
		r.Fleet.Drop(r.next)
		r.next = (r.next + 1) % r.size
	}
	r.record.Returns += int64(r.batch)
	return r.Fleet.Return(patience)
}

// sample looks at the process until ctx ends.
func (r *soaking) sample(ctx context.Context, into chan<- worker.Usage) error {
	tick := time.NewTicker(sampleRate)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		u, err := r.Server.Usage(ctx, worker.DetailMemory)
		if err != nil {
			return err
		}
		select {
		case into <- u:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add keeps a sample.
func (r *soaking) add(u worker.Usage) {
	r.record.Samples = append(r.record.Samples, result.Sample{
		At: time.Since(r.start), Connections: r.Fleet.Live(), Resident: u.Resident, Heap: u.Heap,
		Descriptors: u.Descriptors, Goroutines: u.Goroutines, CPU: u.CPU,
	})
	if len(r.record.Samples)%progress == 1 {
		r.log.Info("soaking", slog.Duration("at", time.Since(r.start).Round(time.Second)), slog.Int("connections", r.Fleet.Live()),
			slog.Int64("resident", u.Resident), slog.Int64("heap", u.Heap), slog.Int("descriptors", u.Descriptors),
			slog.Int("goroutines", u.Goroutines), slog.Int64("returns", r.record.Returns),
			slog.String("problems", strings.Join(r.Fleet.Problems(), "; ")))
	}
}
