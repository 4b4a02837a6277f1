package outcrytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry-dev/outcry"
)

// Broker runs the contract of outcry.Broker. Every subtest calls open for a
// Broker of its own, which has not been run; open may use t.Cleanup. The suite
// publishes to channels whose names begin with "outcrytest.", which must be
// empty and without history.
func Broker(t *testing.T, open func(t *testing.T) outcry.Broker) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(brokerTest)
	}{
		{"not ready before Run", brokerTest.unreadyBeforeRun},
		{"delivers what is published", brokerTest.deliversWhole},
		{"delivers from Join on", brokerTest.deliversFromJoin},
		{"keeps the order of a channel", brokerTest.keepsOrder},
		{"counts joins", brokerTest.countsJoins},
		{"has no history", brokerTest.hasNoHistory},
		{"ends with its context", brokerTest.endsWithContext},
		{"is safe for concurrent use", brokerTest.concurrentUse},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(brokerTest{t, open}) })
	}
}

// brokerTest is one subtest.
type brokerTest struct {
	*testing.T
	open func(t *testing.T) outcry.Broker
}

const channel = "outcrytest.c"

// recorder is a Sink that keeps what it gets. Safe for concurrent use.
type recorder struct {
	mu        sync.Mutex
	ready     bool
	delivered []*outcry.Publication
}

// Deliver implements outcry.Sink.
func (r *recorder) Deliver(p *outcry.Publication) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delivered = append(r.delivered, p)
}

// Ready implements outcry.Sink.
func (r *recorder) Ready(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready = err == nil
}

func (r *recorder) isReady() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready
}

// payloads returns what was delivered for a channel, in order.
func (r *recorder) payloads(channel string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, p := range r.delivered {
		if p.Channel == channel {
			out = append(out, string(p.Payload()))
		}
	}
	return out
}

// running is a Broker that runs and is ready.
type running struct {
	outcry.Broker
	sink *recorder
	stop func() error // ends Run and returns its error; may be called twice
}

func (t brokerTest) run() *running {
	t.Helper()
	b := &running{Broker: t.open(t.T), sink: &recorder{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, b.sink) }()
	b.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = b.stop() })
	eventually(t, "Ready(nil)", b.sink.isReady)
	return b
}

// join joins a channel and waits until that has been confirmed.
func (b *running) join(t testing.TB, channel string) {
	t.Helper()
	joined := make(chan error, 2)
	if b.Join(channel, func(err error) { joined <- err }) {
		return
	}
	if err := confirmed(joined); err != nil {
		t.Fatalf("Join(%q): %v", channel, err)
	}
}

// confirmed waits for the call of ready that follows a Join.
func confirmed(joined <-chan error) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case err := <-joined:
		return err
	case <-deadline.C:
		return fmt.Errorf("returned false and did not call ready within %v", patience)
	}
}

// publish publishes a payload and checks the Ack.
func (b *running) publish(t testing.TB, channel, payload string) {
	t.Helper()
	ack, err := b.Publish(t.Context(), outcry.NewPublication(channel, []byte(payload), false))
	if err != nil {
		t.Fatalf("Publish to %q: %v", channel, err)
	}
	if ack.Durability == "" {
		t.Fatalf("Publish to %q: Ack without Durability", channel)
	}
}

func (t brokerTest) unreadyBeforeRun() {
	b := t.open(t.T)
	if _, err := b.Publish(t.Context(), outcry.NewPublication(channel, []byte(`{}`), false)); !errors.Is(err, outcry.ErrUnavailable) {
		t.Errorf("Publish before Run: %v, want ErrUnavailable", err)
	}
}

func (t brokerTest) deliversWhole() {
	b := t.run()
	payloads := map[string]string{
		channel:                       `{"type":"message","channel":"outcrytest.c","data":1}`,
		"outcrytest.호가/삼성:005930@KRX": `{"text":"한글, \u0000 and <html>"}`,
		"outcrytest.large":            `{"data":"` + strings.Repeat("x", 1<<20) + `"}`,
		"outcrytest." + strings.Repeat("n", 128-len("outcrytest.")): `{}`,
	}
	for name, payload := range payloads {
		b.join(t, name)
		b.publish(t, name, payload)
	}
	for name, payload := range payloads {
		eventually(t, "delivery to "+name, func() bool { return len(b.sink.payloads(name)) > 0 })
		if got := b.sink.payloads(name); len(got) != 1 || got[0] != payload {
			t.Errorf("channel %q got %d publications, the first %.80q; want %.80q once", name, len(got), got[0], payload)
		}
	}
}

// deliversFromJoin: what is published after Join has been confirmed arrives,
// be it the first join of the channel or a later one.
func (t brokerTest) deliversFromJoin() {
	b := t.run()
	for round := range 20 {
		name := "outcrytest.join" + strconv.Itoa(round%5)
		before := len(b.sink.payloads(name))
		b.join(t, name)
		b.publish(t, name, strconv.Itoa(round))
		eventually(t, "the publication that followed Join", func() bool { return len(b.sink.payloads(name)) == before+1 })
		b.Leave(name)
	}
}

func (t brokerTest) keepsOrder() {
	const publishers, each = 8, 50
	b := t.run()
	b.join(t, channel)
	var mu sync.Mutex
	bySeq := make(map[uint64]string)
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				payload := fmt.Sprintf(`{"p":%d,"i":%d}`, p, i)
				ack, err := b.Publish(t.Context(), outcry.NewPublication(channel, []byte(payload), false))
				if err != nil {
					t.Errorf("Publish: %v", err)
					return
				}
				if ack.Seq != 0 {
					mu.Lock()
					bySeq[ack.Seq] = payload
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "all publications", func() bool { return len(b.sink.payloads(channel)) >= publishers*each })
	got := b.sink.payloads(channel)
	if len(got) != publishers*each {
		t.Fatalf("%d publications were delivered, want %d", len(got), publishers*each)
	}
	checkFIFO(t, got, publishers, each)
	checkSequence(t, got, bySeq)
}

// checkFIFO: what one publisher publishes one after the other arrives so.
func checkFIFO(t testing.TB, got []string, publishers, each int) {
	t.Helper()
	for p := range publishers {
		i := 0
		for _, payload := range got {
			if !strings.HasPrefix(payload, fmt.Sprintf(`{"p":%d,`, p)) {
				continue
			}
			if want := fmt.Sprintf(`{"p":%d,"i":%d}`, p, i); payload != want {
				t.Fatalf("publisher %d: got %s, want %s", p, payload, want)
			}
			i++
		}
		if i != each {
			t.Fatalf("publisher %d: %d publications, want %d", p, i, each)
		}
	}
}

// checkSequence: where a channel has sequence numbers they are contiguous and
// in the order of delivery.
func checkSequence(t testing.TB, got []string, bySeq map[uint64]string) {
	t.Helper()
	if len(bySeq) == 0 {
		return
	}
	var seqs []uint64
	for s := range bySeq {
		seqs = append(seqs, s)
	}
	slices.Sort(seqs)
	if len(seqs) != len(got) || seqs[len(seqs)-1]-seqs[0] != uint64(len(seqs)-1) {
		t.Fatalf("%d different sequence numbers from %d to %d for %d publications", len(seqs), seqs[0], seqs[len(seqs)-1], len(got))
	}
	for i, s := range seqs {
		if got[i] != bySeq[s] {
			t.Fatalf("delivery %d is %s, but seq %d belongs to %s", i, got[i], s, bySeq[s])
		}
	}
}

// countsJoins: a channel that two Loops have joined goes on when one leaves.
func (t brokerTest) countsJoins() {
	b := t.run()
	b.join(t, channel)
	b.join(t, channel)
	b.Leave(channel)
	b.publish(t, channel, `1`)
	eventually(t, "delivery after one of two has left", func() bool { return len(b.sink.payloads(channel)) == 1 })
	b.Leave(channel)
	b.join(t, channel)
	b.publish(t, channel, `2`)
	eventually(t, "delivery after a new Join", func() bool { return len(b.sink.payloads(channel)) == 2 })
	if got := b.sink.payloads(channel); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("got %q, want 1 and 2 once each", got)
	}
	b.Leave(channel)
}

func (t brokerTest) hasNoHistory() {
	b := t.run()
	page, err := b.History(t.Context(), channel, outcry.HistoryQuery{})
	if !errors.Is(err, outcry.ErrNoHistory) || len(page.Messages) != 0 {
		t.Errorf("History of a channel without: %d messages, %v; want ErrNoHistory", len(page.Messages), err)
	}
}

func (t brokerTest) endsWithContext() {
	b := t.run()
	b.join(t, channel)
	b.publish(t, channel, `1`)
	if err := b.stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v when its context ended", err)
	}
	delivered := len(b.sink.payloads(channel))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := b.Publish(ctx, outcry.NewPublication(channel, []byte(`2`), false)); !errors.Is(err, outcry.ErrUnavailable) {
		t.Errorf("Publish after Run: %v, want ErrUnavailable", err)
	}
	b.Leave(channel) // legal, and harmless
	if n := len(b.sink.payloads(channel)); n != delivered {
		t.Errorf("%d publications were delivered after Run had returned", n-delivered)
	}
}

func (t brokerTest) concurrentUse() {
	const workers, rounds = 8, 30
	b := t.run()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			name := "outcrytest.many" + strconv.Itoa(w%3)
			for range rounds {
				joined := make(chan error, 1)
				if b.Join(name, func(err error) { joined <- err }) {
					joined <- nil
				}
				if _, err := b.Publish(t.Context(), outcry.NewPublication(name, []byte(`{}`), false)); err != nil {
					t.Errorf("Publish: %v", err)
				}
				_, _ = b.History(t.Context(), name, outcry.HistoryQuery{Limit: 1})
				if err := confirmed(joined); err != nil {
					t.Errorf("Join: %v", err)
				}
				b.Leave(name)
			}
		})
	}
	wg.Wait()
}
