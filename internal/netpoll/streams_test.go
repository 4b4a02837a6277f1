package netpoll

import (
	"bytes"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func newStreams() Poller { return NewStreams(Options{Unsent: 16 << 10}) }

func TestStreams(t *testing.T) {
	links := map[string]link{
		"tcp":         tcpLink(),
		"tls":         tlsLink(t, tcpLink()),
		"pipe":        pipeLink(),
		"tls on pipe": tlsLink(t, pipeLink()),
	}
	for name, l := range links {
		t.Run(name, func(t *testing.T) { testDriver(t, newStreams, l) })
	}
}

// onTime is what happens during a Wait, in time since its start.
type onTime struct {
	name  string
	until time.Duration // 0: no limit
	wake  time.Duration // 0: never
	write time.Duration // of the client; 0: never
	want  time.Duration // the time of the return
}

func TestWaitOnTime(t *testing.T) {
	tests := []onTime{
		{name: "past", until: -time.Second, want: 0},
		{name: "until", until: 3 * time.Second, want: 3 * time.Second},
		{name: "wake first", until: 3 * time.Second, wake: 2 * time.Second, want: 2 * time.Second},
		{name: "event first", until: 3 * time.Second, write: time.Second, want: time.Second},
		{name: "wake without limit", wake: time.Hour, want: time.Hour},
		{name: "event without limit", write: time.Hour, want: time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { synctest.Test(t, tt.run) })
	}
}

func (o onTime) run(t *testing.T) {
	r := newRig(t, newStreams())
	_, client, _ := r.add(pipeLink(), 1)
	start := time.Now()
	var until time.Time
	if o.until != 0 {
		until = start.Add(o.until)
	}
	if o.wake != 0 {
		time.AfterFunc(o.wake, r.p.Wake)
	}
	if o.write != 0 {
		time.AfterFunc(o.write, func() {
			if _, err := client.Write([]byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	r.p.Wait(until, r.handle)
	if got := time.Since(start); got != o.want {
		t.Errorf("returned after %v, want %v", got, o.want)
	}
	// Nothing of the first time is left in the timer.
	start = time.Now()
	r.p.Wait(start.Add(time.Minute), r.handle)
	if got := time.Since(start); got != time.Minute {
		t.Errorf("the next Wait returned after %v, want a minute", got)
	}
}

// A graceful close of a connection whose peer neither reads nor writes nor
// closes ends after LingerTime, and an abort after no time.
func TestCloseOnTime(t *testing.T) {
	tests := []struct {
		name   string
		link   link
		closes []bool
		stuck  bool
		want   time.Duration
	}{
		{"pipe", pipeLink(), []bool{false}, false, 0},
		{"pipe, stuck", pipeLink(), []bool{false}, true, LingerTime},
		{"pipe, aborted", pipeLink(), []bool{true}, false, 0},
		{"pipe, stuck, aborted", pipeLink(), []bool{true}, true, 0},
		{"pipe, stuck, aborted while lingering", pipeLink(), []bool{false, true}, true, 0},
		{"tls", tlsLink(t, pipeLink()), []bool{false}, false, LingerTime},
		{"tls, stuck", tlsLink(t, pipeLink()), []bool{false}, true, LingerTime},
		{"tls, aborted", tlsLink(t, pipeLink()), []bool{true}, false, 0},
		{"tls, stuck, aborted", tlsLink(t, pipeLink()), []bool{true}, true, 0},
		{"tls, stuck, aborted while lingering", tlsLink(t, pipeLink()), []bool{false, true}, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewStreams(Options{})
				r := newRig(t, p)
				sock, _, h := r.add(tt.link, 1)
				if tt.stuck {
					r.fill(sock, h)
				}
				start := time.Now()
				for _, abort := range tt.closes {
					sock.Close(abort)
				}
				p.running.Wait()
				if got := time.Since(start); got != tt.want {
					t.Errorf("all goroutines ended after %v, want %v", got, tt.want)
				}
				if len(p.open) != 0 {
					t.Errorf("%d connections remain", len(p.open))
				}
			})
		})
	}
}

// faulty is a net.Conn that panics in the named method.
type faulty struct {
	net.Conn
	in string
}

func (c faulty) Read(b []byte) (int, error) {
	if c.in == "Read" {
		panic("read")
	}
	return c.Conn.Read(b)
}

func (c faulty) Write(b []byte) (int, error) {
	if c.in == "Write" {
		panic("write")
	}
	return c.Conn.Write(b)
}

func (c faulty) Close() error {
	err := c.Conn.Close()
	if c.in == "Close" {
		panic("close")
	}
	return err
}

func TestPanic(t *testing.T) {
	for _, in := range []string{"Read", "Write"} {
		t.Run(in, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testPanic(t, in) })
		})
	}
}

func testPanic(t *testing.T, in string) {
	t.Helper()
	r := newRig(t, newStreams())
	sock, client, h := r.add(faultyLink(in), 1)
	if in == "Write" {
		if n, err := sock.Send([]byte("x")); n != 1 || err != nil {
			t.Fatalf("Send = %d, %v", n, err)
		}
	}
	r.until("closed", func() bool { return h.closed == 1 })
	var p *PanicError
	if !errors.As(h.err, &p) || !bytes.Contains(p.Stack, []byte("faulty")) {
		t.Fatalf("closed with %v, want a panic with its stack", h.err)
	}
	if want := "panic in connection: " + strings.ToLower(in); p.Error() != want {
		t.Errorf("closed with %q, want %q", p, want)
	}
	if in == "Write" {
		for _, b := range []string{"x", ""} {
			if n, err := sock.Send([]byte(b)); n != 0 || !errors.Is(err, h.err) {
				t.Errorf("Send(%q) = %d, %v, want %v", b, n, err, h.err)
			}
		}
	}
	sock.Close(false)
	receive(r, "client's end", slurp(client))
}

func TestPanicInClose(t *testing.T) {
	for name, abort := range map[string]bool{"graceful": false, "abort": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, newStreams())
				sock, client, _ := r.add(faultyLink("Close"), 1)
				sock.Close(abort)
				receive(r, "client's end", slurp(client))
			})
		})
	}
}

func faultyLink(in string) link {
	return link{pair: func(*testing.T) (net.Conn, net.Conn) {
		server, client := net.Pipe()
		return faulty{server, in}, client
	}}
}

// A panic in the handler leaves the Poller able to go on.
func TestPanicInHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newStreams())
		sock, client, h := r.add(pipeLink(), 1)
		_, other, h2 := r.add(pipeLink(), 2)
		wrote := inBackground(func() error {
			_, err := client.Write([]byte("x"))
			_, err2 := other.Write([]byte("y"))
			return errors.Join(err, err2)
		})
		r.on = func(ev Event) {
			if ev.Token == 1 {
				panic("handler")
			}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			r.idle(time.Second)
		}()
		sock.Close(true)
		r.idle(time.Second)
		if h.events() != 1 || string(h2.data) != "y" {
			t.Errorf("got %+v and %+v", h, h2)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	})
}

// An idle connection has one goroutine.
func TestIdleGoroutines(t *testing.T) {
	const conns = 50
	r := newRig(t, newStreams())
	before := runtime.NumGoroutine()
	for i := range conns {
		sock, client, h := r.add(tcpLink(), Token(i))
		r.send(sock, h, []byte("hello"))
		if _, err := client.Read(make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
	}
	r.until("writers to end", func() bool { return runtime.NumGoroutine() <= before+conns })
}

func TestAddRefuses(t *testing.T) {
	p := newStreams()
	server, client := tcpPair(t)
	client.Close()
	server.Close()
	if _, err := p.Add(server, 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Add of a closed connection = %v, want net.ErrClosed", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkStreamsSend(b *testing.B) {
	p := NewStreams(Options{})
	defer p.Close()
	server, client := net.Pipe()
	sock, err := p.Add(server, 1)
	if err != nil {
		b.Fatal(err)
	}
	block := make([]byte, 132)
	buf := make([]byte, len(block))
	b.ReportAllocs()
	for b.Loop() {
		for n := 0; n == 0; {
			if n, err = sock.Send(block); err != nil {
				b.Fatal(err)
			}
			runtime.Gosched()
		}
		if _, err := client.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}
