package faults

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry-dev/outcry/test/process"
)

// hands is how many goroutines drive a fleet.
const hands = 64

// fleet is many clients.
type fleet struct {
	clients []*client
	readers sync.WaitGroup
}

// connect opens n clients, whose ids begin with name, and has them listen.
// They leave with the test at the latest. prepare, where not nil, sees each
// before.
func connect(t *testing.T, s *server, name string, n int, prepare func(c *client)) *fleet {
	t.Helper()
	f := &fleet{clients: make([]*client, n)}
	for i := range f.clients {
		f.clients[i] = newClient(fmt.Sprintf("%s-%d", name, i), i)
		if prepare != nil {
			prepare(f.clients[i])
		}
	}
	t.Cleanup(f.drop)
	f.must(t, func(c *client) error {
		if err := c.open(t.Context(), s.address); err != nil {
			return err
		}
		f.readers.Go(c.listen)
		return nil
	})
	return f
}

// each calls do for every client, on several goroutines.
func (f *fleet) each(do func(c *client) error) error {
	var g errgroup.Group
	g.SetLimit(hands)
	for _, c := range f.clients {
		g.Go(func() error {
			if err := do(c); err != nil {
				return fmt.Errorf("%s: %w", c.id, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// must is each where nothing may fail.
func (f *fleet) must(t *testing.T, do func(c *client) error) {
	t.Helper()
	if err := f.each(do); err != nil {
		t.Fatal(err)
	}
}

// subscribe subscribes all to a channel.
func (f *fleet) subscribe(t *testing.T, channel string) {
	t.Helper()
	f.must(t, func(c *client) error { return c.send(subscribe(channel)) })
	f.reach(t, 20*time.Second, view{live: true, replies: 1})
}

// reach waits until all have got as far as want.
func (f *fleet) reach(t *testing.T, within time.Duration, want view) {
	t.Helper()
	next := 0 // those before it have
	process.Eventually(t, within, func() error {
		for ; next < len(f.clients); next++ {
			if err := f.clients[next].reached(want); err != nil {
				return err
			}
		}
		return nil
	})
}

// faultless fails the test if a client has seen what must not happen.
func (f *fleet) faultless(t *testing.T) {
	t.Helper()
	var errs []error
	for _, c := range f.clients {
		if v := c.view(); v.fault != nil && len(errs) < 5 {
			errs = append(errs, fmt.Errorf("%s: %w", c.id, v.fault))
		}
	}
	if len(errs) > 0 {
		t.Error(errors.Join(errs...))
	}
}

// part returns the clients that keep wants.
func (f *fleet) part(keep func(i int) bool) *fleet {
	p := &fleet{}
	for i, c := range f.clients {
		if keep(i) {
			p.clients = append(p.clients, c)
		}
	}
	return p
}

// drop has all leave at once, and waits for their goroutines.
func (f *fleet) drop() {
	_ = f.each(func(c *client) error { c.drop(); return nil })
	f.readers.Wait()
}
