package faults

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// stalled opens a fleet of which one in so many falls asleep.
func stalled(t *testing.T, s *server, n, oneIn int, channel string) (f, readers, sleepers *fleet) {
	t.Helper()
	sleeper := func(i int) bool { return i%oneIn == oneIn/2 }
	f = connect(t, s, "reader", n, func(c *client) { c.narrow = sleeper(c.index) })
	f.subscribe(t, channel)
	readers, sleepers = f.part(func(i int) bool { return !sleeper(i) }), f.part(sleeper)
	for _, c := range sleepers.clients {
		c.sleep()
	}
	return f, readers, sleepers
}

// burst publishes messages first to last and waits until all of f have them.
func burst(t *testing.T, s *server, f *fleet, channel string, first, last, size int) {
	t.Helper()
	if err := s.publishAll(t.Context(), channel, first, last, size); err != nil {
		t.Fatal(err)
	}
	f.reach(t, 20*time.Second, view{live: true, last: last})
}

// TestStalledReaders covers cases 54, 57 and 60: one in a hundred of five
// thousand subscribers stops reading. The others get every message in order;
// those that stalled are told, when they return, exactly how many they have
// lost and where, and the sum of it is what the server has counted.
func TestStalledReaders(t *testing.T) {
	const (
		channel       = "stall"
		queue, atOnce = 10, 10
		bursts, size  = 6, 1500 // more than kernel and queue hold
		messages      = bursts * atOnce
		oneIn         = 100
		returning     = sockets / oneIn
	)
	s := start(t, setup{flags: []string{
		fmt.Sprintf("--message-queue-size=%d", queue), "--socket-unsent=2048", "--write-timeout=2m",
	}})
	w := observe(t, s, "")
	f, readers, sleepers := stalled(t, s, sockets, oneIn, channel)
	for b := range bursts {
		burst(t, s, readers, channel, b*atOnce+1, (b+1)*atOnce, size)
	}
	for _, c := range readers.clients {
		if v := c.view(); v.lost != 0 {
			t.Fatalf("%s, who reads, has lost %d", c.id, v.lost)
		}
	}
	st := s.mustStats(t)
	// The control client may have some on the way, too.
	if got, most := st.QueuedMessages, returning*queue+queue; got == 0 || got > most {
		t.Errorf("%d messages are queued, want 1 to %d", got, most)
	}
	for _, c := range sleepers.clients {
		c.wake()
	}
	sleepers.reach(t, 15*time.Second, view{live: true, last: messages})
	told := 0
	for _, c := range sleepers.clients {
		v := c.view()
		if v.lost == 0 {
			t.Errorf("%s has lost nothing: it did not stall", c.id)
		}
		told += v.lost
	}
	if dropped := s.mustStats(t).Dropped - w.before.Dropped; told != dropped {
		t.Errorf("clients were told of %d lost messages, the server counts %d", told, dropped)
	}
	f.faultless(t)
	f.drop()
	w.settled(t)
}

// TestNeverReading covers cases 54 and 60: who stalls for good is closed with
// 4003, after write_timeout where gaps are allowed, as soon as the queue is
// full where they are not.
func TestNeverReading(t *testing.T) {
	const crowd, oneIn, queue, size = 200, 10, 20, 2000
	for _, tt := range []struct {
		name, channel, timeout string
		within                 time.Duration
	}{
		{"write timeout", "quotes.x", "1s", 4 * time.Second},
		{"overflow close", "orders.x", "1m", time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, setup{
				file: "rules:\n  - match: \"orders.>\"\n    overflow: close\n",
				flags: []string{
					fmt.Sprintf("--message-queue-size=%d", queue), "--socket-unsent=2048", "--write-timeout=" + tt.timeout,
				},
			})
			w := observe(t, s, "")
			f, readers, sleepers := stalled(t, s, crowd, oneIn, tt.channel)
			const bursts = 6
			for b := range bursts {
				burst(t, s, readers, tt.channel, b*queue/2+1, (b+1)*queue/2, size)
			}
			process.Eventually(t, tt.within, func() error {
				if got, want := s.mustStats(t).Active-w.before.Active, len(readers.clients); got != want {
					return fmt.Errorf("%d connections, want %d", got, want)
				}
				return nil
			})
			burst(t, s, readers, tt.channel, bursts*queue/2+1, bursts*queue/2+1, size)
			process.Eventually(t, 5*time.Second, func() error { return closedAs(s.Logged(t), sleepers, 4003) })
			f.faultless(t)
			f.drop()
			w.settled(t)
		})
	}
}

// closedAs checks in the log that all of f were closed with a code. They
// cannot tell: they do not read.
func closedAs(log []byte, f *fleet, code int) error {
	var errs []error
	for _, c := range f.clients {
		ok := false
		for line := range bytes.Lines(log) {
			ok = ok || bytes.Contains(line, []byte(`"msg":"disconnected"`)) &&
				bytes.Contains(line, fmt.Appendf(nil, `"client_id":%q`, c.id)) &&
				bytes.Contains(line, fmt.Appendf(nil, `"code":%d,`, code))
		}
		if !ok {
			errs = append(errs, fmt.Errorf("%s was not closed with %d", c.id, code))
		}
	}
	return errors.Join(errs...)
}
