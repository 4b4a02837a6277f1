package faults

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// trickle is a client that reads a few bytes at a time, until it cannot.
type trickle struct {
	bytes int
	every time.Duration
}

// drain reads as t says and returns how much it got.
func (tr trickle) drain(c *client) (total int) {
	tick := time.NewTicker(tr.every)
	defer tick.Stop()
	buf := make([]byte, tr.bytes)
	for {
		<-tick.C
		n, err := c.conn.Read(buf)
		total += n
		if err != nil {
			return total
		}
	}
}

// TestTrickle covers case 55: whoever takes a few bytes at a time gains no time
// by it. The deadline is for a message, or for a large piece of one.
func TestTrickle(t *testing.T) {
	const crowd, timeout = 10, 2 * time.Second
	for _, tt := range []struct {
		name           string
		trickle        trickle
		messages, size int
	}{
		{"byte by byte", trickle{1, 50 * time.Millisecond}, 20, 2000},
		{"a thousand bytes in half a second", trickle{1000, 500 * time.Millisecond}, 3, 200_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, setup{flags: []string{"--socket-unsent=2048", "--write-timeout=" + timeout.String()}})
			w := observe(t, s, "")
			f := &fleet{}
			for i := range crowd {
				c := newClient(fmt.Sprintf("trickle-%d", i), i)
				c.narrow = true
				if err := c.open(t.Context(), s.address); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(c.drop)
				if err := c.send(subscribe("trickle")); err != nil {
					t.Fatal(err)
				}
				c.want(t, "subscription_result")
				f.clients = append(f.clients, c)
			}
			got := make([]int, crowd)
			var reading sync.WaitGroup
			t.Cleanup(func() { f.drop(); reading.Wait() })
			for i, c := range f.clients {
				reading.Go(func() { got[i] = tt.trickle.drain(c) })
			}
			if err := s.publishAll(t.Context(), "trickle", 1, tt.messages, tt.size); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			process.Eventually(t, timeout+6*time.Second, func() error {
				if st := s.mustStats(t); st.Active != w.before.Active {
					return fmt.Errorf("%d connections, want %d", st.Active, w.before.Active)
				}
				return closedAs(s.Logged(t), f, 4003)
			})
			t.Logf("closed after %v", time.Since(began))
			if took := time.Since(began); took < timeout/2 {
				t.Errorf("closed after %v, before the write deadline of %v", took, timeout)
			}
			f.drop()
			reading.Wait()
			for i, n := range got {
				if n == 0 {
					t.Errorf("client %d read nothing at all", i)
				}
			}
			w.settled(t)
		})
	}
}
