package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// TestChurn covers case 27: thousands of sockets subscribe, unsubscribe and
// subscribe again to one channel, some are unsubscribed by the server or leave,
// and all the while messages are published. Nobody misses one while it is
// subscribed or gets one while it is not, and at the end client, channel and
// stats agree.
func TestChurn(t *testing.T) {
	const (
		channel = "churn"
		rounds  = 3
	)
	s := start(t, setup{flags: []string{"--message-queue-size=1000"}})
	w := observe(t, s, "")
	f := connect(t, s, "churner", sockets, nil)
	f.subscribe(t, channel)

	p := publishTo(t, s, channel, 200*time.Millisecond)
	var server sync.WaitGroup
	evicted := make(chan error, 1)
	server.Go(func() { evicted <- unsubscribeSome(t.Context(), s, f, channel) })
	for round := range rounds {
		f.must(t, func(c *client) error {
			switch {
			case !leaver(c) || round < rounds/2:
				return c.send(unsubscribe(channel), subscribe(channel), unsubscribe(channel), subscribe(channel))
			case round == rounds/2:
				return leave(c)
			}
			return nil
		})
	}
	server.Wait()
	if err := <-evicted; err != nil {
		t.Fatal(err)
	}
	stayed := f.part(func(i int) bool { return !leaver(f.clients[i]) })
	stayed.must(t, func(c *client) error {
		if c.index%2 == 0 {
			return c.send(unsubscribe(channel))
		}
		return c.send(subscribe(channel))
	})
	in := stayed.part(func(i int) bool { return stayed.clients[i].index%2 == 1 })
	out := stayed.part(func(i int) bool { return stayed.clients[i].index%2 == 0 })
	in.reach(t, 30*time.Second, view{live: true, replies: 4*rounds + 2})
	out.reach(t, 30*time.Second, view{replies: 4*rounds + 2})
	last := p.end(t)
	in.reach(t, 20*time.Second, view{live: true, last: last})
	f.faultless(t)
	process.Eventually(t, 10*time.Second, func() error { return agree(t.Context(), s, channel, in, w.before.Subscriptions) })

	in.must(t, func(c *client) error { return c.send(unsubscribe(channel)) })
	in.reach(t, 20*time.Second, view{replies: 4*rounds + 3})
	process.Eventually(t, 10*time.Second, func() error { return agree(t.Context(), s, channel, &fleet{}, w.before.Subscriptions) })
	f.drop()
	w.settled(t)
}

// leaver says who leaves in the middle.
func leaver(c *client) bool { return c.index%10 == 9 }

// leave leaves, one half of the leavers properly and one with a reset.
func leave(c *client) error {
	if c.index%20 == 9 {
		return c.leave()
	}
	c.drop()
	return nil
}

// unsubscribeSome ends the subscriptions of every fiftieth client through the
// API, several times. Whoever has left is not found.
func unsubscribeSome(ctx context.Context, s *server, f *fleet, channel string) error {
	some := f.part(func(i int) bool { return i%50 == 0 || i%50 == 9 })
	for range 2 {
		err := some.each(func(c *client) error {
			body := fmt.Sprintf(`{"client_id":%q,"channel":%q}`, c.id, channel)
			err := s.call(ctx, http.MethodPost, "/api/v1/unsubscribe", body, nil)
			if r, ok := errors.AsType[*statusError](err); ok && r.status == http.StatusNotFound {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// agree checks that the subscribers of a channel are exactly those of in.
func agree(ctx context.Context, s *server, channel string, in *fleet, others int) error {
	want := map[string]bool{}
	for _, c := range in.clients {
		want[c.id] = true
	}
	got, err := s.subscribers(ctx, channel)
	if err != nil {
		return err
	}
	st, err := s.stats(ctx)
	if err != nil {
		return err
	}
	if !maps.Equal(got, want) || st.Subscriptions != len(want)+others {
		return fmt.Errorf("%d of %d subscribers are listed, stats say %d", len(got), len(want), st.Subscriptions-others)
	}
	return nil
}
