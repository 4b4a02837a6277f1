package faults

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

const (
	controlChannel = "control"
	controlPace    = 100 * time.Millisecond
	settleWait     = 20 * time.Second
	collectWait    = 20 * time.Second // collecting garbage takes a busy machine its time
	spare          = 5                // goroutines and descriptors that come and go by themselves
	heapSpare      = 16               // MB
)

// watch stands by during an attack: a control client that must not miss
// anything of a steady stream of messages, and how the server was before.
type watch struct {
	s       *server
	secrets []string // must not be logged
	control *client
	stream  *publisher
	before  reading
	heap    int // MB, before
}

// reading is the state of a server.
type reading struct {
	stats
	descriptors int
}

// observe connects the control client, which may need a token, takes a reading
// and starts the stream.
func observe(t *testing.T, s *server, token string, secrets ...string) *watch {
	t.Helper()
	w := &watch{s: s, control: newClient("control-client", 0), secrets: append(secrets, payloadCanary, apiKey)}
	w.control.token = token
	if err := w.control.open(t.Context(), s.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.control.drop)
	go w.control.listen()
	if err := w.control.send(subscribe(controlChannel)); err != nil {
		t.Fatal(err)
	}
	process.Eventually(t, callWait, func() error { return w.control.reached(view{live: true}) })
	heap, err := s.heap(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	if w.before, err = w.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.heap = heap
	w.stream = publishTo(t, s, controlChannel, controlPace)
	return w
}

// read takes a reading, all but the heap.
func (w *watch) read(ctx context.Context) (r reading, err error) {
	w.s.http.CloseIdleConnections()
	if r.stats, err = w.s.stats(ctx); err != nil {
		return r, err
	}
	r.descriptors, err = w.s.Descriptors()
	return r, err
}

// settled checks that the attack has left nothing behind.
func (w *watch) settled(t *testing.T) {
	t.Helper()
	sent := w.stream.end(t)
	process.Eventually(t, settleWait, func() error { return w.control.reached(view{live: true, last: sent}) })
	if v := w.control.view(); v.fault != nil || v.lost != 0 {
		t.Errorf("control client: lost %d, %v", v.lost, v.fault)
	}
	process.Eventually(t, settleWait, func() error {
		select {
		case <-w.s.Ended:
			t.Fatalf("the server has ended: %v\n%s", w.s.Exit, w.s.Tail(t))
		default:
		}
		now, err := w.read(t.Context())
		return errors.Join(err, now.compare(w.before))
	})
	process.Eventually(t, collectWait, func() error {
		now, err := w.s.heap(t.Context(), t)
		if err == nil && now > w.heap+heapSpare {
			err = fmt.Errorf("%d MB of heap, was %d", now, w.heap)
		}
		return err
	})
	if found := w.s.leaks(t, w.secrets...); len(found) > 0 {
		t.Errorf("the log tells %q", found)
	}
}

// compare says what is not as it was.
func (r reading) compare(before reading) error {
	var errs []error
	row := func(name string, got, want, spare int) {
		if got > want+spare || got < want-spare {
			errs = append(errs, fmt.Errorf("%s %d, was %d", name, got, want))
		}
	}
	row("active_connections", r.Active, before.Active, 0)
	row("unauthenticated", r.Unauthenticated, before.Unauthenticated, 0)
	row("subscriptions", r.Subscriptions, before.Subscriptions, 0)
	row("channels", r.Channels, before.Channels, 0)
	row("queued_messages", r.QueuedMessages, before.QueuedMessages, 0)
	row("queued_bytes", r.QueuedBytes, before.QueuedBytes, 0)
	row("publications_in_flight", r.InFlight, before.InFlight, 0)
	row("panics", r.Panics, before.Panics, 0)
	row("goroutines", r.Goroutines, before.Goroutines, spare)
	row("descriptors", r.descriptors, before.descriptors, spare)
	return errors.Join(errs...)
}
