package netpoll

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMixed(t *testing.T) {
	links := map[string]link{
		"tcp":  tcpLink(),
		"tls":  tlsLink(t, tcpLink()),
		"pipe": pipeLink(),
	}
	for name, l := range links {
		t.Run(name, func(t *testing.T) { testDriver(t, newOf(t, Auto), l) })
	}
}

func newMixedRig(t *testing.T) (*rig, *Mixed) {
	t.Helper()
	p := NewMixed(Options{})
	return newRig(t, p), p
}

// A Poller that carries pipes only holds no descriptor, and its time is that of
// the bubble.
func TestMixedWithoutEpoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := newMixedRig(t)
		_, client, h := r.add(pipeLink(), 1)
		time.AfterFunc(time.Hour, func() { r.inputOf(client) })
		start := time.Now()
		r.p.Wait(start.Add(time.Minute), r.handle)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("Wait took %v, want a minute", got)
		}
		r.p.Wait(time.Time{}, r.handle)
		if h.readable != 1 || p.epoll != nil {
			t.Errorf("got %+v and epoll %v", h, p.epoll)
		}
	})
}

// One Wait carries connections of both kinds; what happens to either kind ends
// it.
func TestMixedBothKinds(t *testing.T) {
	r, p := newMixedRig(t)
	tls := tlsLink(t, tcpLink())
	pipe := pipeLink()
	conns := map[Token]link{1: pipe, 2: tcpLink(), 3: tls, 4: unixLink(), 5: pipe}
	clients := map[Token]net.Conn{}
	for number := Token(1); number <= 5; number++ {
		_, clients[number], _ = r.add(conns[number], number)
	}
	if p.epoll == nil || len(p.streams.open) != 3 {
		t.Fatalf("%d of the connections are streams, want 3", len(p.streams.open))
	}
	for round := 1; round <= 20; round++ {
		for number, c := range clients {
			wrote := inBackground(writeAll(c, []byte("x")))
			for h := r.seen[number]; len(h.data) < round; {
				r.p.Wait(time.Time{}, r.handle) // for ever if the event does not end it
			}
			if err := <-wrote; err != nil {
				t.Error(err)
			}
		}
	}
}

// A Loop that has many events of both kinds gets at most MaxEvents in a Wait,
// some of either kind.
func TestMixedMaxEvents(t *testing.T) {
	const each = MaxEvents + 10
	r, p := newMixedRig(t)
	var writers sync.WaitGroup
	for i := range Token(2 * each) {
		l := pipeLink()
		if i >= each {
			l = tcpLink()
		}
		_, client, _ := r.add(l, i)
		writers.Go(func() { r.inputOf(client) })
	}
	writers.Wait() // pipes, too, have handed their byte to the driver
	limit := time.Now().Add(patience)
	for p.streams.waiting() < each && time.Now().Before(limit) {
		runtime.Gosched()
	}
	for pipes := 0; r.readable() < 2*each && time.Now().Before(limit); {
		before := r.readable()
		r.p.Wait(limit, r.handle)
		n := r.readable() - before
		was := pipes
		pipes = 0
		for i := range Token(each) {
			pipes += r.seen[i].readable
		}
		if n > MaxEvents {
			t.Errorf("one Wait handled %d events", n)
		}
		if n > 0 && pipes-was == n && r.readable()-pipes < each {
			t.Errorf("one Wait handled %d pipes and no socket", n)
		}
	}
	if got := r.readable(); got != 2*each {
		t.Errorf("got %d events, want %d", got, 2*each)
	}
}

// waiting counts the notices that no Wait has taken.
func (p *Streams) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ready)
}

// A Wake is not lost while the Loop moves from the streams to the epoll.
func TestMixedWakeDuringMove(t *testing.T) {
	for range 50 {
		r, _ := newMixedRig(t)
		server, client := tcpPair(t)
		var done atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 50 {
					done.Add(1)
					r.p.Wake()
				}
			})
		}
		r.p.Wait(time.Time{}, r.handle)
		if _, err := r.p.Add(server, 1); err != nil {
			t.Fatal(err)
		}
		for done.Load() < 200 {
			r.p.Wait(time.Time{}, r.handle) // for ever if a Wake is lost
		}
		all.Wait()
		client.Close()
		if err := r.p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Nor is one that nobody has waited for when the Loop moves.
func TestMixedWakeBeforeMove(t *testing.T) {
	r, _ := newMixedRig(t)
	r.p.Wake()
	r.add(tcpLink(), 1)
	r.p.Wait(time.Time{}, r.handle) // for ever if the Wake is lost
}

// A Poller that has seen no epoll refuses plain connections once it is closed.
func TestMixedAddClosed(t *testing.T) {
	_, p := newMixedRig(t)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	server, client := tcpPair(t)
	defer client.Close()
	defer server.Close()
	if _, err := p.Add(server, 1); !errors.Is(err, net.ErrClosed) || p.epoll != nil {
		t.Errorf("Add = %v, want net.ErrClosed", err)
	}
}
