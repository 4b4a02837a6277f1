package outcry

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stuckHandler is a slog.Handler that blocks until it is released, as a pipe
// does whose reader has stopped.
type stuckHandler struct {
	slog.Handler
	release <-chan struct{}
}

// Handle implements slog.Handler.
func (h stuckHandler) Handle(ctx context.Context, r slog.Record) error {
	<-h.release
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h stuckHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return stuckHandler{h.Handler.WithAttrs(attrs), h.release}
}

// stuck is a logger with a stuckHandler.
func stuck(out *logBuffer) (log *slog.Logger, release func()) {
	released := make(chan struct{})
	h := stuckHandler{slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}), released}
	return slog.New(h), sync.OnceFunc(func() { close(released) })
}

// A log that is not read costs records, which are counted, and nobody waits.
func TestLogRingDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logBuffer
		inner, release := stuck(&out)
		ring := newLogRing(inner.Handler())
		drained := make(chan struct{})
		go func() { defer close(drained); ring.drain() }()
		log := slog.New(ring)
		log.Info("first")
		synctest.Wait() // the writer hangs in it
		for i := range logRecords + 10 {
			log.Info("more", slog.Int("i", i))
		}
		if got := ring.queue.dropped.Load(); got != 10 {
			t.Errorf("%d dropped, want 10", got)
		}
		release()
		ring.close()
		<-drained
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != logRecords+1 || !strings.HasSuffix(lines[logRecords], "i=1023") {
			t.Errorf("%d records were written, the last: %s", len(lines), lines[len(lines)-1])
		}
	})
}

func TestLogRingAttributes(t *testing.T) {
	var out logBuffer
	ring := newLogRing(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	log := slog.New(ring)
	log.Info("not enabled")
	log.With(slog.String("node", "n")).WithGroup("g").Warn("text", slog.Int("i", 1))
	log.Warn("plain")
	ring.close()
	ring.drain()
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, line := range got {
		_, got[i], _ = strings.Cut(line, "level=")
	}
	if want := []string{"WARN msg=text node=n g.i=1", "WARN msg=plain"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// panickyHandler is a slog.Handler that panics once.
type panickyHandler struct {
	slog.Handler
	once *sync.Once
}

// Handle implements slog.Handler.
func (h panickyHandler) Handle(ctx context.Context, r slog.Record) error {
	h.once.Do(func() { panic("handler") })
	return h.Handler.Handle(ctx, r)
}

func TestLogRingSurvivesItsHandler(t *testing.T) {
	var out logBuffer
	ring := newLogRing(panickyHandler{slog.NewTextHandler(&out, nil), new(sync.Once)})
	log := slog.New(ring)
	log.Info("lost")
	log.Info("written")
	ring.close()
	ring.drain()
	if got := out.String(); strings.Contains(got, "lost") || !strings.Contains(got, "written") {
		t.Errorf("%q", got)
	}
}

// A node serves, and ends, although nobody reads its log.
func TestStuckLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logBuffer
		log, release := stuck(&out)
		cfg := open()
		cfg.Logger = log
		r := startPipe(t, cfg)
		defer release()
		for range logRecords + 100 { // each is logged
			c := r.connect("/ws")
			c.send(`{"type":"ping"}`)
			c.want("pong")
			_ = c.conn.Close()
		}
		vacated(t, r)
		if s, err := r.Stats(t.Context()); err != nil || s.LogDropped == 0 {
			t.Errorf("%d dropped, %v", s.LogDropped, err)
		}
		began := time.Now()
		r.stop()
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("Run ended after %v", d)
		}
	})
}
