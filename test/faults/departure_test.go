package faults

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/test/process"
)

// TestMassDeparture covers case 58: thousands vanish at once while messages
// are published to them. All they held is free within seconds, and it takes no
// goroutine per message.
func TestMassDeparture(t *testing.T) {
	const channel = "depart"
	s := start(t, setup{})
	w := observe(t, s, "")
	f := connect(t, s, "leaver", sockets, nil)
	f.subscribe(t, channel)
	p := publishTo(t, s, channel, 50*time.Millisecond)
	f.reach(t, 20*time.Second, view{live: true, last: 3})
	gone := make(chan struct{})
	go func() { f.drop(); close(gone) }()
	peak, began := 0, time.Now()
	process.Eventually(t, 5*time.Second, func() error {
		st, err := s.stats(t.Context())
		peak = max(peak, st.Goroutines)
		if err == nil && (st.Active != w.before.Active || st.Subscriptions != w.before.Subscriptions) {
			err = fmt.Errorf("%d connections and %d subscriptions are left", st.Active, st.Subscriptions)
		}
		return err
	})
	<-gone
	t.Logf("all gone after %v, at most %d goroutines", time.Since(began), peak)
	// A connection has one goroutine, and a second while something is written.
	if most := w.before.Goroutines + 2*sockets + 100; peak > most {
		t.Errorf("%d goroutines, want at most %d", peak, most)
	}
	if hit := s.mustStats(t).Errors - w.before.Errors; hit < sockets {
		t.Errorf("%d connections broke, want %d", hit, sockets)
	}
	p.end(t)
	f.faultless(t)
	w.settled(t)
}

// TestResetInFrame covers case 59: a thousand are reset in the middle of a
// frame while messages are broadcast to them. The others get all of them.
func TestResetInFrame(t *testing.T) {
	const channel, broken, whole = "broken", 1000, 200
	s := start(t, setup{})
	w := observe(t, s, "")
	others := connect(t, s, "whole", whole, nil)
	others.subscribe(t, channel)
	f := connect(t, s, "broken", broken, nil)
	f.subscribe(t, channel)
	p := publishTo(t, s, channel, 20*time.Millisecond)
	f.reach(t, 20*time.Second, view{live: true, last: 1})

	long := text(`{"type":"chat_message","channel":"broken","message":"` + payloadCanary + `"}`)
	fragment := ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewFrame(ws.OpText, false, []byte(`{"type":`))))
	f.must(t, func(c *client) error {
		begun := long[:1+c.index%(len(long)-1)] // any number of bytes but all
		if c.index%4 == 3 {
			begun = slices.Concat(fragment, begun) // or in the middle of a message
		}
		err := c.send(begun)
		c.drop()
		return err
	})
	process.Eventually(t, 5*time.Second, func() error {
		if got := s.mustStats(t).Active - w.before.Active; got != whole {
			return fmt.Errorf("%d connections, want %d", got, whole)
		}
		return nil
	})
	if hit := s.mustStats(t).Errors - w.before.Errors; hit < broken {
		t.Errorf("%d connections broke, want %d", hit, broken)
	}
	last := p.end(t)
	others.reach(t, 20*time.Second, view{live: true, last: last})
	others.faultless(t)
	f.faultless(t)
	others.drop()
	w.settled(t)
}
