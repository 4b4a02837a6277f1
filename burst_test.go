package outcry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// A client that reads loses nothing of a burst of ten times its queue, though
// the driver still writes the first of it when the last is queued.
func TestBurst(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.subscribe("q")
	n := 10 * r.cfg.Queue.Messages
	var publishing sync.WaitGroup
	defer publishing.Wait()
	publishing.Go(func() {
		for i := range n {
			if _, err := r.Publish(t.Context(), Message{Channel: "q", Data: fmt.Append(nil, i)}); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range n {
		if o := c.message(); o["data"] != float64(i) {
			t.Fatalf("message %d: %v", i, o)
		}
	}
}

// A list of members that is larger than what may wait for a client is sent all
// the same.
func TestLargePresence(t *testing.T) {
	r := start(t, open())
	c := r.connect("/ws/c")
	c.subscribe("q")
	const members = 4000
	for i := range members - 1 {
		r.cfg.Presence.Join("q", Member{fmt.Sprintf("client-%08d-with-a-name", i), fmt.Sprintf("user-%08d", i)})
	}
	c.send(`{"type":"presence","channel":"q","id":1}`)
	if o := c.want("presence_result"); o["count"] != float64(members) {
		t.Errorf("count %v, want %d", o["count"], members)
	}
}

// A drain flushes the queue of a client that reads slowly before its 4005.
func TestDrainOfSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, quiet())
		c := r.connect("/ws/c")
		c.subscribe("q")
		const n = 50
		for i := range n {
			if _, err := r.Publish(t.Context(), Message{Channel: "q", Data: fmt.Appendf(nil, `"%d%s"`, i, strings.Repeat("x", 20_000))}); err != nil {
				t.Fatal(err)
			}
		}
		go r.stop()
		got := 0
		for {
			time.Sleep(100 * time.Millisecond)
			op, payload, err := c.next()
			if err != nil {
				t.Fatalf("after %d messages: %v", got, err)
			}
			if op == ws.OpClose {
				if code, _ := ws.ParseCloseFrameData(payload); code != 4005 || got != n+1 { // and the reconnect message
					t.Fatalf("close %d after %d messages", code, got)
				}
				break
			}
			got++
		}
	})
}

// copyingBroker accepts publications and delivers copies, as one that gets
// them back from a server does; for a duplicate, nothing.
type copyingBroker struct {
	*memoryBroker
	duplicates atomic.Bool
}

func (b *copyingBroker) Publish(ctx context.Context, p *Publication) (Ack, error) {
	if b.duplicates.Load() {
		return Ack{Duplicate: true}, nil
	}
	return b.memoryBroker.Publish(ctx, NewPublication(p.Channel, p.Payload(), p.Secret()))
}

// Credits come back whatever object the broker delivers, and if it delivers
// none.
func TestCreditsOfCopies(t *testing.T) {
	b := &copyingBroker{memoryBroker: newMemoryBroker()}
	cfg := open()
	cfg.Broker, cfg.Queue.InFlight = b, 2
	r := start(t, cfg)
	c := r.connect("/ws/c")
	c.subscribe("q")
	for i := range 5 {
		if _, err := r.Publish(t.Context(), Message{Channel: "q", Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
		if o := c.want("message"); o["data"] != float64(i) {
			t.Fatalf("message %v", o)
		}
	}
	b.duplicates.Store(true)
	for range 5 {
		if ack, err := r.Publish(t.Context(), Message{Channel: "q", Data: []byte("1")}); err != nil || !ack.Duplicate {
			t.Fatalf("%+v, %v", ack, err)
		}
	}
	eventually(t, "no credit is gone", func() bool { s, err := r.Stats(t.Context()); return err == nil && s.InFlight == 0 })
}

// Case 38: strangers who knock at a client's id at once, again and again, do
// not displace one that answers, nor have it pinged at their pace.
func TestKnockingInParallel(t *testing.T) {
	r := start(t, open())
	victim := r.connect("/ws/victim")
	var pings atomic.Int64
	ended := make(chan error, 1)
	go func() {
		for {
			op, payload, err := victim.next()
			if err != nil {
				ended <- err
				return
			}
			if op == ws.OpPing {
				pings.Add(1)
				victim.raw(masked(fin|0xa, string(payload)))
			}
		}
	}()
	began := time.Now()
	var knocking sync.WaitGroup
	for range 8 {
		knocking.Go(func() {
			for range 50 {
				if c, status, _ := r.try("/ws/victim"); c != nil || status != 409 {
					t.Errorf("status %d", status)
				}
			}
		})
	}
	knocking.Wait()
	if most := 1 + int64(time.Since(began)/time.Second); pings.Load() > most {
		t.Errorf("%d pings in %v", pings.Load(), time.Since(began))
	}
	if _, err := r.Client(t.Context(), "victim"); err != nil {
		t.Fatalf("the victim is gone: %v", err)
	}
	_ = victim.conn.Close()
	if err := <-ended; err == nil {
		t.Error("the victim reads on")
	}
}
