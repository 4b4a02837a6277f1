package outcry

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// Case 27: the same channel is subscribed and unsubscribed again and again, by
// clients and by the server, while others publish to it and connections come
// and go. In the end the clients, the hub, the interest and the broker agree,
// and when the clients are gone nothing is left.
func TestResubscribe(t *testing.T) {
	const rounds, clients = 150, 4
	for name, prompt := range map[string]bool{"joined at once": true, "joined later": false} {
		t.Run(name, func(t *testing.T) {
			cfg, b := slowly()
			cfg.Loops, b.prompt = 2, prompt
			r := start(t, cfg)
			control := r.connect("/ws/control")
			before := measure(r)
			ctx, cancel := context.WithCancel(t.Context())
			var rivals, own sync.WaitGroup
			r.stream(ctx, &rivals, "x.y")
			rivals.Go(func() { r.interfere(ctx, clients) })
			if !prompt {
				rivals.Go(func() { b.confirmAll(ctx) })
			}
			conns := make([]*client, clients)
			for i := range conns {
				conns[i] = r.connect("/ws/" + strconv.Itoa(i))
				own.Go(func() { conns[i].resubscribe(rounds) })
			}
			own.Wait()
			r.comeAndGo(20)
			cancel()
			rivals.Wait()
			b.confirmRest()
			for i, c := range conns {
				c.agrees(r, strconv.Itoa(i))
				c.conn.Close()
			}
			settled(t, r, control, before)
			control.conn.Close()
			wantEmpty(t, r, b)
		})
	}
}

// resubscribe pipelines rounds of commands and reads one result for each.
func (c *client) resubscribe(rounds int) {
	const channels = `"channels":["x.y","x.*"]`
	ahead := make(chan struct{}, 10) // how far the commands may run ahead
	var reading sync.WaitGroup
	reading.Go(func() {
		defer func() {
			for range ahead { // also if reading has failed
			}
		}()
		for n := range 4 * rounds {
			if !c.readOwnResult() {
				return
			}
			if n%4 == 3 {
				<-ahead
			}
		}
	})
	for i := range rounds {
		ahead <- struct{}{}
		c.send(`{"type":"subscribe",%s,"id":%d}`, channels, i)
		c.send(`{"type":"unsubscribe",%s,"id":%d}`, channels, i)
	}
	close(ahead)
	reading.Wait()
}

// readOwnResult reads up to the next result of a command of c's; the server's
// doing is told in between.
func (c *client) readOwnResult() bool {
	for {
		switch o := c.message(); o.str("type") {
		case "subscription_result", "unsubscription_result":
			if o["id"] != nil {
				return true
			}
		case "tick", "gap", "subscription_lost", "heartbeat":
		default:
			c.t.Errorf("%v", o)
			return false
		}
	}
}

// interfere subscribes and unsubscribes the clients from the server's side, so
// often that what they are told of it may wait for one that has done its rounds
// and does not read for now.
func (r *rig) interfere(ctx context.Context, clients int) {
	for i := 0; i < 1000*clients && ctx.Err() == nil; i++ {
		id, channel := strconv.Itoa(i%clients), []string{"x.y", "x.*"}[i/2%2]
		call := r.Subscribe
		if i%2 == 0 {
			call = r.Unsubscribe
		}
		wait, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		err := call(wait, id, channel)
		cancel()
		var e *Error
		if err != nil && !errors.As(err, &e) && !errors.Is(err, ErrNotFound) && wait.Err() == nil {
			r.t.Errorf("call %d: %v", i, err)
			return
		}
	}
}

// comeAndGo has connections end in the middle of their subscriptions, by
// themselves and by the server.
func (r *rig) comeAndGo(n int) {
	for i := range n {
		c := r.connect("/ws/guest")
		c.send(`{"type":"subscribe","channels":["x.y","x.*"]}`)
		if i%2 == 0 {
			_ = r.Disconnect(r.t.Context(), "guest", protocol.CloseNormal, "")
		}
		c.conn.Close()
		eventually(r.t, "the guest is gone", func() bool { _, err := r.Client(r.t.Context(), "guest"); return errors.Is(err, ErrNotFound) })
	}
}

// confirmAll confirms joins, every third one badly, as long as ctx lasts.
func (b *slowBroker) confirmAll(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		select {
		case <-time.After(50 * time.Microsecond):
		case <-ctx.Done():
		}
		b.confirm(func() error {
			if i%3 == 0 {
				return ErrUnavailable
			}
			return nil
		}())
	}
}

// confirmRest confirms what waits, and all later joins at once.
func (b *slowBroker) confirmRest() {
	b.mu.Lock()
	b.prompt = true
	b.mu.Unlock()
	for b.confirm(nil) {
	}
}

// confirm answers all joins that wait, and reports whether there were any.
func (b *slowBroker) confirm(err error) bool {
	b.mu.Lock()
	var all []func(error)
	for channel, waiting := range b.pending {
		all = append(all, waiting...)
		delete(b.pending, channel)
	}
	b.mu.Unlock()
	for _, ready := range all {
		ready(err)
	}
	return len(all) > 0
}

// agrees compares what the client is told of its subscriptions with what the
// node knows.
func (c *client) agrees(r *rig, id string) {
	c.t.Helper()
	c.send(`{"type":"subscriptions","id":"agree"}`)
	o := c.message()
	for o.str("id") != "agree" {
		o = c.message()
	}
	told := make([]string, 0, 2)
	for _, ch := range o["channels"].([]any) {
		told = append(told, ch.(string))
	}
	info, err := r.Client(c.t.Context(), id)
	if err != nil || !cmp.Equal(info.Channels, told) {
		c.t.Errorf("client %s was told %q, its info says %q, %v", id, told, info.Channels, err)
	}
	channel, err := r.Channel(c.t.Context(), "x.y")
	if err != nil || slices.Contains(channel.ClientIDs, id) != slices.Contains(told, "x.y") {
		c.t.Errorf("client %s was told %q, the channel has %q, %v", id, told, channel.ClientIDs, err)
	}
}
