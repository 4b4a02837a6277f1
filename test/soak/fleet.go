package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sync/errgroup"
)

const (
	channel    = "soak"
	dialers    = 64 // connections made at once
	sources    = 20 // addresses 127.0.0.x the clients come from
	dialWait   = 20 * time.Second
	finalWait  = 20 * time.Second
	churnShare = 10 // one in so many clients drops and returns
	churnEvery = 5 * time.Second
)

// fleet is all clients.
type fleet struct {
	address string
	members []*member
	readers sync.WaitGroup
}

func newFleet(address string, n int) *fleet {
	f := &fleet{address: address, members: make([]*member, n)}
	for i := range f.members {
		f.members[i] = &member{index: i}
	}
	return f
}

// connect brings every client up.
func (f *fleet) connect(ctx context.Context) error { return f.connectSome(ctx, f.members) }

func (f *fleet) connectSome(ctx context.Context, members []*member) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for _, m := range members {
		g.Go(func() error { return f.join(ctx, m) })
	}
	return g.Wait()
}

// join connects and subscribes one client and starts its reader.
func (f *fleet) join(ctx context.Context, m *member) error {
	nd := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+m.index%sources))}}
	d := ws.Dialer{Timeout: dialWait, ReadBufferSize: 512, WriteBufferSize: 512, NetDial: nd.DialContext}
	conn, br, _, err := d.Dial(ctx, fmt.Sprintf("ws://%s/ws/soak-%d", f.address, m.index))
	if err != nil {
		return fmt.Errorf("client %d: %w", m.index, err)
	}
	if br == nil {
		br = bufio.NewReaderSize(conn, 512)
	}
	m.conn = conn
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(`{"type":"subscribe","channel":"` + channel + `"}`))))
	if _, err := conn.Write(frame); err != nil {
		return err
	}
	live := make(chan error, 1)
	f.readers.Go(func() { m.read(br, live) })
	select {
	case err = <-live:
		return err
	case <-time.After(dialWait):
		return fmt.Errorf("client %d: no subscription_result", m.index)
	}
}

// load publishes at the rate for the duration and returns the number of the
// last publication.
func (f *fleet) load(ctx context.Context, s *server, o options) (int, error) {
	every := time.NewTicker(time.Duration(float64(time.Second) / o.rate))
	defer every.Stop()
	ctx, cancel := context.WithTimeout(ctx, o.duration)
	defer cancel()
	churned := make(chan error, 1)
	go func() { churned <- f.churn(ctx, o.churn) }()
	n := 0
	for {
		select {
		case <-ctx.Done():
			if err := <-churned; err != nil {
				return n, err
			}
			// One more, which those that have just returned must get as well.
			return n + 1, s.publish(context.WithoutCancel(ctx), n+1)
		case <-every.C:
			if err := s.publish(context.WithoutCancel(ctx), n+1); err != nil {
				return n, errors.Join(err, <-churned)
			}
			n++
		}
	}
}

// churn has a tenth of the clients drop and return, again and again.
func (f *fleet) churn(ctx context.Context, on bool) error {
	tick := time.NewTicker(churnEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !on {
			continue
		}
		var some []*member
		for _, m := range f.members {
			if rand.IntN(churnShare) == 0 {
				m.drop()
				some = append(some, m)
			}
		}
		if err := f.connectSome(context.WithoutCancel(ctx), some); err != nil {
			return err
		}
	}
}

// finish waits until every client has the last publication and sums up.
func (f *fleet) finish(ctx context.Context, last int) *account {
	deadline := time.Now().Add(finalWait)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		behind := 0
		for _, m := range f.members {
			if m.top() < last {
				behind++
			}
		}
		if behind == 0 {
			break
		}
		<-time.After(50 * time.Millisecond)
	}
	total := &account{}
	for _, m := range f.members {
		total.add(m, last)
	}
	return total
}

// leave drops every client, with RST so that no port stays in TIME_WAIT.
func (f *fleet) leave() {
	for _, m := range f.members {
		m.drop()
	}
	f.readers.Wait()
}
