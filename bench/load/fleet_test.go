package load_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/outcry-dev/outcry/bench/clock"
	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/market"
	"github.com/outcry-dev/outcry/bench/peers/gobwas"
)

const (
	channel  = "quotes.AAPL"
	patience = 20 * time.Second
)

// stand is a hub with a fleet of clients.
type stand struct {
	*load.Fleet
	tb   testing.TB
	hub  hub.Hub
	opt  load.Options
	tick *market.Tick
	now  clock.Clock
}

func start(t *testing.T, opt load.Options) *stand {
	t.Helper()
	h, err := gobwas.Entry().New(hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	opt.Server = netip.MustParseAddrPort(ln.Addr().String())
	if opt.Phrases, err = load.PhrasesOf(hub.DialectOutcry); err != nil {
		t.Fatal(err)
	}
	opt.Channel = func(int) string { return channel }
	f, err := load.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	tick, err := market.NewTick(channel, 0)
	if err != nil {
		t.Fatal(err)
	}
	now, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	return &stand{Fleet: f, tb: t, hub: h, opt: opt, tick: tick, now: now}
}

func (s *stand) connect(n int) {
	s.tb.Helper()
	if err := s.Connect(n, patience); err != nil {
		s.tb.Fatal(err)
	}
}

// publish sends publications of these numbers and waits until all have them.
func (s *stand) publish(numbers ...uint32) {
	s.tb.Helper()
	want := s.Counts().Received + int64(len(numbers)*s.Live())
	for _, n := range numbers {
		if err := s.hub.Publish(channel, s.tick.Write(n, s.now.Now())); err != nil {
			s.tb.Fatal(err)
		}
	}
	if err := s.Run(patience, func() bool { return s.Counts().Received >= want }); err != nil {
		s.tb.Fatalf("%d received, want %d: %v", s.Counts().Received, want, err)
	}
}

func (s *stand) behind(last uint32) int {
	return s.Behind(func(string) uint32 { return last })
}

func TestFleet(t *testing.T) {
	s := start(t, load.Options{})
	s.connect(200)
	s.publish(1, 2, 3)
	if p := s.Problems(); len(p) > 0 || s.behind(3) != 0 || s.Live() != 200 {
		t.Errorf("problems %q, %d behind, %d live", p, s.behind(3), s.Live())
	}
	if n := s.Latency().TotalCount(); n != 600 {
		t.Errorf("%d latencies, want 600", n)
	}
}

func TestFleetSeesFaults(t *testing.T) {
	cases := []struct {
		name    string
		numbers []uint32
		want    []string
	}{
		{"loss", []uint32{1, 3}, []string{"3 messages lost"}},
		{"doubles", []uint32{1, 1, 2}, []string{"3 messages received twice"}},
		{"order", []uint32{1, 3, 2}, []string{"3 messages lost", "3 messages received out of order"}},
		{"the first one", []uint32{2}, []string{"3 messages lost"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, load.Options{})
			s.connect(3)
			s.publish(c.numbers...)
			if got := s.Problems(); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFleetReturns(t *testing.T) {
	s := start(t, load.Options{Late: true})
	s.connect(50)
	s.publish(1, 2)
	for i := range 20 {
		s.Drop(i)
	}
	if s.Live() != 30 {
		t.Fatalf("%d live, want 30", s.Live())
	}
	if err := s.Return(patience); err != nil {
		t.Fatal(err)
	}
	s.publish(3)
	if p := s.Problems(); len(p) > 0 || s.behind(3) != 0 || s.Live() != 50 {
		t.Errorf("problems %q, %d behind, %d live", p, s.behind(3), s.Live())
	}
}

func TestFleetPings(t *testing.T) {
	s := start(t, load.Options{})
	s.connect(10)
	if err := s.StartPings(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(patience, func() bool { return s.Counts().Pongs >= 500 }); err != nil {
		t.Fatal(err)
	}
	if err := s.StopPings(patience); err != nil {
		t.Fatal(err)
	}
	pongs := s.Counts().Pongs
	s.publish(1)
	if got := s.Counts().Pongs; got != pongs {
		t.Errorf("%d answers to pings that were not sent", got-pongs)
	}
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("problems %q", p)
	}
}

func TestFleetIsRefused(t *testing.T) {
	s := start(t, load.Options{Compress: true}) // which this hub does not
	err := s.Connect(1, patience)
	if err == nil || !strings.Contains(err.Error(), "extensions") {
		t.Errorf("got %v", err)
	}
}

func TestFleetSeesTheEnd(t *testing.T) {
	s := start(t, load.Options{})
	s.connect(2)
	if err := s.hub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(patience, func() bool { return s.Live() == 0 }); err != nil {
		t.Fatal(err)
	}
	if p := s.Problems(); len(p) != 2 {
		t.Errorf("problems %q, want two", p)
	}
}

func TestProbe(t *testing.T) {
	s := start(t, load.Options{})
	p, err := load.Dial(s.opt)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	if err := p.Measure(50*time.Millisecond, time.Millisecond, h); err != nil {
		t.Fatal(err)
	}
	if h.TotalCount() == 0 || h.Max() > int64(patience) {
		t.Errorf("%d pings, the longest took %d ns", h.TotalCount(), h.Max())
	}
}
