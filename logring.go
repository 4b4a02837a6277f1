package outcry

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// logRecords is how many records may wait to be written.
const logRecords = 1024

// logRing is a slog.Handler that never blocks: records wait in a bounded queue
// for the one goroutine that writes them, and are dropped and counted when it
// is full. A blocked pipe so stops no Loop. Safe for concurrent use.
type logRing struct {
	out   slog.Handler
	queue *logQueue
}

type logQueue struct {
	records chan logRecord
	stop    chan struct{}
	dropped atomic.Uint64
}

type logRecord struct {
	out slog.Handler
	rec slog.Record
}

func newLogRing(out slog.Handler) *logRing {
	return &logRing{out: out, queue: &logQueue{records: make(chan logRecord, logRecords), stop: make(chan struct{})}}
}

// Enabled implements slog.Handler.
func (r *logRing) Enabled(ctx context.Context, level slog.Level) bool {
	return r.out.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (r *logRing) Handle(_ context.Context, rec slog.Record) error {
	select {
	case r.queue.records <- logRecord{r.out, rec}:
	default:
		r.queue.dropped.Add(1)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (r *logRing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logRing{out: r.out.WithAttrs(attrs), queue: r.queue}
}

// WithGroup implements slog.Handler.
func (r *logRing) WithGroup(name string) slog.Handler {
	return &logRing{out: r.out.WithGroup(name), queue: r.queue}
}

// drain writes records until close, then what is left.
func (r *logRing) drain() {
	for {
		select {
		case rec := <-r.queue.records:
			rec.write()
		case <-r.queue.stop:
			r.rest()
			return
		}
	}
}

func (r *logRing) rest() {
	for {
		select {
		case rec := <-r.queue.records:
			rec.write()
		default:
			return
		}
	}
}

// write hands a record to the configured handler. Its error has nowhere to go,
// and its panic must not end the process.
func (r logRecord) write() {
	defer func() { _ = recover() }()
	_ = r.out.Handle(context.Background(), r.rec)
}

// errAttr names an error in a record.
func errAttr(err error) slog.Attr { return slog.Any("err", err) }

// close ends drain.
func (r *logRing) close() { close(r.queue.stop) }
