// Package hubtest is what every hub has to pass before its figures count.
package hubtest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/market"
)

// patience bounds each wait of the tests.
const patience = 10 * time.Second

// Run tests the hub of an entry.
func Run(t *testing.T, e hub.Entry) {
	t.Helper()
	t.Run("conversation", func(t *testing.T) { start(t, e, hub.Options{}).conversation() })
	t.Run("order", func(t *testing.T) { start(t, e, hub.Options{}).order() })
	t.Run("departure", func(t *testing.T) { start(t, e, hub.Options{}).departure() })
	t.Run("close", func(t *testing.T) { start(t, e, hub.Options{}).closing() })
	if e.Compresses {
		t.Run("compression", func(t *testing.T) { start(t, e, hub.Options{Compression: true}).compression() })
	}
}

// stand is a hub that serves.
type stand struct {
	hub.Hub
	tb      testing.TB
	address string
	phrases *load.Phrases
	served  chan error
}

func start(t *testing.T, e hub.Entry, o hub.Options) *stand {
	t.Helper()
	phrases, err := load.PhrasesOf(e.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	h, err := e.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{Hub: h, tb: t, address: ln.Addr().String(), phrases: phrases, served: make(chan error, 1)}
	go func() { s.served <- h.Serve(ln) }()
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		_ = ln.Close() // most hubs have closed it
	})
	return s
}

// conversation is the four steps, a publication and a ping.
func (s *stand) conversation() {
	a, b := s.dial(false), s.dial(false)
	a.subscribe("quotes.AAPL")
	b.subscribe("quotes.MSFT")
	s.publish("quotes.MSFT", 0, 1, 1)
	s.publish("quotes.AAPL", 0, 1, 7)
	if got := a.publication(); got.N != 7 {
		s.tb.Errorf("got publication %d, want 7 alone", got.N)
	}
	a.say(s.phrases.Ping)
	a.await(load.KindPong)
	if got := b.publication(); got.N != 1 {
		s.tb.Errorf("got publication %d, want 1", got.N)
	}
}

// order publishes more than sockets hold by themselves.
func (s *stand) order() {
	const count = 300
	clients := []*client{s.dial(false), s.dial(false), s.dial(false)}
	for _, c := range clients {
		c.subscribe("quotes.AAPL")
	}
	go s.publish("quotes.AAPL", 500, count, 1)
	for i, c := range clients {
		for n := range uint32(count) {
			if got := c.publication(); got.N != n+1 {
				s.tb.Fatalf("client %d got publication %d, want %d", i, got.N, n+1)
			}
		}
	}
}

// departure has clients leave: the others hear everything all the same.
func (s *stand) departure() {
	stays := s.dial(false)
	stays.subscribe("quotes.AAPL")
	for range 5 {
		leaves := s.dial(false)
		leaves.subscribe("quotes.AAPL")
		leaves.drop()
	}
	s.publish("quotes.AAPL", 0, 20, 1)
	for n := range uint32(20) {
		if got := stays.publication(); got.N != n+1 {
			s.tb.Fatalf("got publication %d, want %d", got.N, n+1)
		}
	}
}

func (s *stand) closing() {
	c := s.dial(false)
	c.subscribe("quotes.AAPL")
	if err := s.Close(); err != nil {
		s.tb.Errorf("Close: %v", err)
	}
	select {
	case err := <-s.served:
		if err != nil {
			s.tb.Errorf("Serve: %v", err)
		}
	case <-time.After(patience):
		s.tb.Error("Serve does not return after Close")
	}
	c.awaitEnd()
}

func (s *stand) compression() {
	c := s.dial(true)
	c.subscribe("quotes.AAPL")
	s.publish("quotes.AAPL", 1024, 2, 1)
	for n := range uint32(2) {
		if got := c.publication(); got.N != n+1 {
			s.tb.Errorf("got publication %d, want %d", got.N, n+1)
		}
		if c.last >= 700 {
			s.tb.Errorf("a publication of 1024 bytes takes %d on the wire", c.last)
		}
	}
	s.publish("quotes.AAPL", 0, 1, 3)
	if got := c.publication(); got.N != 3 {
		s.tb.Errorf("got publication %d, want 3", got.N)
	}
}

// publish publishes count times; it may be called beside the test's goroutine.
func (s *stand) publish(channel string, size, count int, first uint32) {
	tick, err := market.NewTick(channel, size)
	if err != nil {
		s.tb.Error(err)
		return
	}
	for i := range uint32(count) {
		if err := s.Publish(channel, tick.Write(first+i, int64(i))); err != nil {
			s.tb.Error(fmt.Errorf("publishing to %s: %w", channel, err))
			return
		}
	}
}
