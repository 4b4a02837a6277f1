package netpoll

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newOf returns a constructor of Pollers with the given driver.
func newOf(t *testing.T, d Driver) func() Poller {
	t.Helper()
	return func() Poller {
		p, err := New(Options{Unsent: 16 << 10, Driver: d})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func newEpollRig(t *testing.T) (*rig, *Epoll) {
	t.Helper()
	p, err := NewEpoll(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newRig(t, p), p
}

func TestEpoll(t *testing.T) {
	for name, l := range map[string]link{"tcp": tcpLink(), "unix": unixLink()} {
		t.Run(name, func(t *testing.T) { testDriver(t, newOf(t, EpollOnly), l) })
	}
}

func TestNewUnknownDriver(t *testing.T) {
	if p, err := New(Options{Driver: 9}); p != nil || err == nil {
		t.Errorf("New = %v, %v, want an error", p, err)
	}
}

func TestDescriptorSize(t *testing.T) {
	if got := unsafe.Sizeof(descriptor{}); got > 24 {
		t.Errorf("a descriptor has %d bytes, want at most 24", got)
	}
}

// ready returns once the kernel would report the socket.
func ready(t *testing.T, sock Socket, events int16) {
	t.Helper()
	fds := []unix.PollFd{{Fd: sock.(*descriptor).fd, Events: events}}
	if n, err := unix.Poll(fds, int(patience.Milliseconds())); n != 1 || err != nil {
		t.Fatalf("poll = %d, %v", n, err)
	}
}

// bothReady adds two connections, 1 and 2, to each of which something has
// happened that do does.
func bothReady(r *rig, events int16, do func(client net.Conn)) (first, second *descriptor) {
	r.t.Helper()
	for number, sock := range map[Token]**descriptor{1: &first, 2: &second} {
		s, client, _ := r.add(tcpLink(), number)
		do(client)
		ready(r.t, s, events)
		*sock = s.(*descriptor)
	}
	return first, second
}

// plug takes every descriptor number below fd.
func plug(t *testing.T, fd int32) {
	t.Helper()
	for n := -1; n < int(fd); {
		var err error
		n, err = unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(n) })
	}
}

// An event of a socket that was closed earlier in the batch does not reach the
// one that has its descriptor, and even its slot, by then.
func TestReuse(t *testing.T) {
	for name, sameSlot := range map[string]bool{"same slot": true, "another slot": false} {
		t.Run(name, func(t *testing.T) {
			r, p := newEpollRig(t)
			// Of all events a reset is the one that does most harm.
			first, second := bothReady(r, unix.POLLERR, func(c net.Conn) { resetBy(t, c) })
			plug(t, max(first.fd, second.fd))
			server, client := tcpPair(t)
			t.Cleanup(func() { client.Close() })
			r.on = func(ev Event) {
				old := map[Token]*descriptor{1: second, 2: first}[ev.Token]
				fd, heir := old.fd, Token(5<<32)
				if sameSlot {
					heir = Token(old.mark) + 1
				}
				old.Close(true)
				sock, err := p.Add(server, heir)
				if err != nil {
					t.Fatal(err)
				}
				if got := sock.(*descriptor).fd; got != fd {
					t.Errorf("the heir has descriptor %d, want %d", got, fd)
				}
			}
			r.idle(quiet)
			if n := r.seen[1].events() + r.seen[2].events(); n != 1 {
				t.Errorf("got %d events, want one", n)
			}
		})
	}
}

// A handler may close any socket in any way, also one whose event follows.
func TestCloseOthers(t *testing.T) {
	for name, abort := range map[string]bool{"graceful": false, "abort": true} {
		t.Run(name, func(t *testing.T) {
			r, _ := newEpollRig(t)
			first, second := bothReady(r, unix.POLLIN, r.inputOf)
			r.on = func(Event) {
				first.Close(abort)
				second.Close(abort)
			}
			r.idle(quiet)
			if n := r.seen[1].events() + r.seen[2].events(); n != 1 {
				t.Errorf("got %d events, want one", n)
			}
		})
	}
}

// A panic in the handler loses no event of the batch and brings none back.
func TestEpollPanicInHandler(t *testing.T) {
	r, _ := newEpollRig(t)
	bothReady(r, unix.POLLIN, r.inputOf)
	wait := func() (panicked bool) {
		defer func() { panicked = recover() != nil }()
		r.p.Wait(time.Now().Add(patience), r.handle)
		return false
	}
	r.on = func(Event) { panic("handler") }
	for range 2 {
		if !wait() {
			t.Error("no panic")
		}
	}
	r.on = nil
	r.idle(quiet)
	for number, h := range r.seen {
		if h.events() != 1 || len(h.data) != 1 {
			t.Errorf("connection %d: got %+v", number, h)
		}
	}
}

// No state of a connection keeps the Loop busy (cases 55, 59).
func TestRest(t *testing.T) {
	tests := []struct {
		name string
		link link
		do   func(r *rig, sock Socket, client net.Conn, h *history)
	}{
		{"end", tcpLink(), func(r *rig, _ Socket, client net.Conn, h *history) {
			client.Close()
			r.until("closed", func() bool { return h.closed == 1 })
		}},
		{"end, reset later", tcpLink(), func(r *rig, sock Socket, client net.Conn, h *history) {
			client.Close()
			r.until("closed", func() bool { return h.closed == 1 })
			r.send(sock, h, []byte("x"))
			ready(r.t, sock, unix.POLLERR)
		}},
		{"paused", tcpLink(), func(r *rig, sock Socket, client net.Conn, _ *history) {
			sock.PauseRead(true)
			r.inputOf(client)
		}},
		{"paused, end", tcpLink(), func(r *rig, sock Socket, client net.Conn, _ *history) {
			sock.PauseRead(true)
			r.inputOf(client)
			client.Close()
		}},
		{"paused, reset", tcpLink(), func(r *rig, sock Socket, client net.Conn, h *history) {
			sock.PauseRead(true)
			r.inputOf(client)
			resetBy(r.t, client)
			r.until("closed", func() bool { return h.closed == 1 })
		}},
		{"paused, end of a Unix socket", unixLink(), func(r *rig, sock Socket, client net.Conn, _ *history) {
			sock.PauseRead(true)
			r.inputOf(client)
			client.Close()
		}},
		{"woken", tcpLink(), func(r *rig, _ Socket, _ net.Conn, _ *history) {
			r.p.Wake()
		}},
		{"closed, while a child process holds the descriptor", tcpLink(), func(r *rig, sock Socket, client net.Conn, _ *history) {
			child, err := unix.FcntlInt(uintptr(sock.(*descriptor).fd), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				r.t.Fatal(err)
			}
			r.t.Cleanup(func() { unix.Close(child) })
			sock.Close(true)
			r.inputOf(client)
		}},
		{"wish revoked", tcpLink(), func(_ *rig, sock Socket, _ net.Conn, _ *history) {
			sock.WantWrite(true)
			sock.WantWrite(false)
		}},
		{"wish answered", tcpLink(), func(r *rig, sock Socket, _ net.Conn, h *history) {
			sock.WantWrite(true)
			r.until("writable", func() bool { return h.writable == 1 })
		}},
		{"lingering", tcpLink(), func(r *rig, sock Socket, client net.Conn, _ *history) {
			r.inputOf(client)
			sock.Close(false)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := newEpollRig(t)
			sock, client, h := r.add(tt.link, 1)
			tt.do(r, sock, client, h)
			if n := r.waits(2 * quiet); n > 10 {
				t.Errorf("Wait returned %d times in %v", n, 2*quiet)
			}
			if h.late != 0 || h.closed > 1 {
				t.Errorf("got %+v", h)
			}
		})
	}
}

// inputOf has a client send a byte.
func (r *rig) inputOf(client net.Conn) {
	r.t.Helper()
	if _, err := client.Write([]byte("x")); err != nil {
		r.t.Fatal(err)
	}
}

// waits runs the Loop for d and returns how often Wait has returned.
func (r *rig) waits(d time.Duration) int {
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		r.p.Wait(end, r.handle)
	}
	return n
}

// What a Unix peer has sent before it closed its socket, while the Loop was
// paused, comes in full, and what is sent to it fails.
func TestUnixPeerGone(t *testing.T) {
	r, _ := newEpollRig(t)
	sock, client, h := r.add(unixLink(), 1)
	sock.PauseRead(true)
	want := noise(100_000, 1)
	if _, err := client.Write(want); err != nil {
		t.Fatal(err)
	}
	client.Close()
	r.idle(quiet)
	sock.WantWrite(true)
	r.until("writable", func() bool { return h.writable == 1 })
	if _, err := sock.Send([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("Send = %v, want EPIPE", err)
	}
	if h.events() != 1 {
		t.Errorf("got %+v while paused", h)
	}
	sock.PauseRead(false)
	r.until("closed", func() bool { return h.closed == 1 })
	wantData(t, "server", h.data, want)
	if !errors.Is(h.err, io.EOF) {
		t.Errorf("closed with %v, want io.EOF", h.err)
	}
}

// A Unix peer that leaves without having read what it was sent breaks the
// connection.
func TestUnixPeerReset(t *testing.T) {
	for name, pause := range map[string]bool{"reading": false, "paused": true} {
		t.Run(name, func(t *testing.T) {
			r, _ := newEpollRig(t)
			sock, client, h := r.add(unixLink(), 1)
			sock.PauseRead(pause)
			r.send(sock, h, []byte("unread"))
			r.inputOf(client)
			client.Close()
			r.until("closed", func() bool { return h.closed == 1 })
			if want := map[bool]string{false: "x", true: ""}[pause]; string(h.data) != want {
				t.Errorf("got %q, want %q", h.data, want)
			}
			if !errors.Is(h.err, unix.ECONNRESET) {
				t.Errorf("closed with %v, want connection reset by peer", h.err)
			}
		})
	}
}

// After a reset the input that came before it is delivered, unless paused.
func TestInputBeforeReset(t *testing.T) {
	r, _ := newEpollRig(t)
	sock, client, h := r.add(tcpLink(), 1)
	r.inputOf(client)
	ready(t, sock, unix.POLLIN)
	resetBy(t, client)
	ready(t, sock, unix.POLLERR)
	r.until("closed", func() bool { return h.closed == 1 })
	if string(h.data) != "x" || !errors.Is(h.err, unix.ECONNRESET) {
		t.Errorf("got %+v, want the byte and connection reset by peer", h)
	}
}

// A send that meets the reset takes the socket's error; the end is none of
// the regular ones all the same.
func TestSendMeetsReset(t *testing.T) {
	for name, pause := range map[string]bool{"reading": false, "paused": true} {
		t.Run(name, func(t *testing.T) {
			r, _ := newEpollRig(t)
			sock, client, h := r.add(tcpLink(), 1)
			sock.PauseRead(pause)
			resetBy(t, client)
			ready(t, sock, unix.POLLERR)
			if _, err := sock.Send([]byte("x")); !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("Send = %v, want connection reset by peer", err)
			}
			r.until("closed", func() bool { return h.closed == 1 })
			if !errors.Is(h.err, unix.ECONNRESET) {
				t.Errorf("closed with %v, want connection reset by peer", h.err)
			}
		})
	}
}

// Writable comes also after the peer's end, and after its reset in the place
// of a second Closed.
func TestWritableAfterEnd(t *testing.T) {
	r, _ := newEpollRig(t)
	sock, client, h := r.add(tcpLink(), 1)
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.until("closed", func() bool { return h.closed == 1 })
	sent := r.fill(sock, h)
	before := h.writable
	got := make([]byte, len(sent))
	read := inBackground(func() error { _, err := io.ReadFull(client, got); return err })
	r.until("writable", func() bool { return h.writable == before+1 })
	if err := receive(r, "client read", read); err != nil {
		t.Fatal(err)
	}
	wantData(t, "client", got, sent)

	r.fill(sock, h)
	before = h.writable
	resetBy(t, client)
	r.until("writable", func() bool { return h.writable == before+1 })
	if _, err := sock.Send([]byte("x")); err == nil {
		t.Error("Send to a peer that is gone has no error")
	}
	if h.closed != 1 {
		t.Errorf("got %+v, want one closed event", h)
	}
}

// A thousand idle connections have no goroutine.
func TestEpollIdleGoroutines(t *testing.T) {
	const conns = 1000
	r, _ := newEpollRig(t)
	before := runtime.NumGoroutine()
	for i := range Token(conns) {
		sock, client, h := r.add(tcpLink(), i)
		r.send(sock, h, []byte("hello"))
		if _, err := io.ReadFull(client, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
	}
	r.idle(quiet)
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines, %d before", got, before)
	}
}

// Connections that come and go leave neither a descriptor nor room in the
// table behind.
func TestChurn(t *testing.T) {
	const cycles = 5000
	r, p := newEpollRig(t)
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before := descriptors(t)
	for i := range Token(cycles) {
		client, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		number := i % 7
		r.seen[number] = &history{}
		sock, err := p.Add(server, slotted(number))
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			client.Close()
			r.until("closed", func() bool { return r.seen[number].closed == 1 })
		}
		sock.Close(i%2 == 0)
		client.Close()
		r.p.Wait(time.Unix(1, 0), r.handle)
	}
	r.until("the last farewell", func() bool { return !p.leaving.any() })
	if got := descriptors(t); got != before {
		t.Errorf("%d descriptors, %d before", got, before)
	}
	if len(p.table) != 7 || cap(p.leaving.queue) > spareFarewells {
		t.Errorf("the table has %d entries, the farewells have room for %d", len(p.table), cap(p.leaving.queue))
	}
}

// descriptors counts those of the process.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A socket that was paused and is closed by the handler that it told of room
// has its input discarded all the same.
func TestFarewellOfPaused(t *testing.T) {
	r, p := newEpollRig(t)
	sock, client, h := r.add(tcpLink(), 1)
	sock.PauseRead(true)
	sock.WantWrite(true)
	r.on = func(Event) { sock.Close(false) }
	r.until("writable", func() bool { return h.writable == 1 })
	d := sock.(*descriptor)
	r.inputOf(client)
	r.until("input discarded", func() bool { return d.room < LingerBytes-1 })
	sock.Close(true)
	if p.leaving.any() {
		t.Error("the farewell did not end with the abort")
	}
}

// Farewells end in the order in which they began, whatever happens to those in
// between.
func TestManyFarewells(t *testing.T) {
	const conns = 300
	r, p := newEpollRig(t)
	before := descriptors(t)
	var clients []net.Conn
	for i := range Token(conns) {
		sock, client, _ := r.add(unixLink(), i)
		clients = append(clients, client)
		sock.Close(false)
		switch i % 4 {
		case 0:
			sock.Close(true)
		case 1:
			client.Close() // the Loop reads its end
		case 2:
			r.inputOf(client)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range clients {
		c.Close()
	}
	if got := descriptors(t); got > before {
		t.Errorf("%d descriptors, %d before", got, before)
	}
}

// Wake is safe for concurrent use, and with Close and after it.
func TestWakeStorm(t *testing.T) {
	for name, d := range map[string]Driver{"epoll": EpollOnly, "auto": Auto} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newOf(t, d)())
			r.add(tcpLink(), 1)
			stop := make(chan struct{})
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							r.p.Wake()
						}
					}
				})
			}
			for range 500 {
				r.p.Wait(time.Time{}, r.handle)
			}
			if err := r.p.Close(); err != nil {
				t.Error(err)
			}
			close(stop)
			all.Wait()
		})
	}
}

// A Wait with nothing to report ends when it should, whatever the timer was
// set for before.
func TestEpollWaitOnTime(t *testing.T) {
	tests := []struct {
		name     string
		set, end time.Duration
	}{
		{"no timer", 0, 5 * time.Millisecond},
		{"at once", 0, 0},
		{"timer set earlier", time.Millisecond, 10 * time.Millisecond},
		{"timer set later", time.Hour, 5 * time.Millisecond},
		{"timer set for the same time", 5 * time.Millisecond, 5 * time.Millisecond},
		{"timer expired", time.Nanosecond, 5 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, p := newEpollRig(t)
			overdue := time.AfterFunc(patience, func() {
				t.Error("Wait does not return")
				p.Wake()
			})
			defer overdue.Stop()
			start := time.Now()
			if tt.set > 0 {
				p.park.due = start.Add(tt.set)
				p.park.arm()
			}
			end := start.Add(tt.end)
			r.p.Wait(end, r.handle)
			if d := time.Until(end); d > 0 {
				t.Errorf("returned %v early", d)
			}
		})
	}
}

func TestEpollAddRefuses(t *testing.T) {
	_, p := newEpollRig(t)
	pipe, other := net.Pipe()
	defer other.Close()
	packets, err := net.ListenPacket("unixgram", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	gone, client := tcpPair(t)
	gone.Close()
	client.Close()
	within, client2 := tcpPair(t)
	defer client2.Close()
	embedded := struct{ *net.TCPConn }{within.(*net.TCPConn)}
	whole, client3 := tcpPair(t)
	defer client3.Close()
	taken, client4 := tcpPair(t)
	defer client4.Close()
	if _, err := p.Add(taken, 1<<32|1); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	tests := []struct {
		name  string
		conn  net.Conn
		token Token
		want  string
	}{
		{"pipe", pipe, 1, "epoll carries no *net.pipe"},
		{"datagrams", packets.(*net.UnixConn), 1, "epoll carries no *net.UnixConn"},
		{"nothing", &net.UnixConn{}, 1, "epoll carries no *net.UnixConn"},
		{"embedded", embedded, 1, "epoll carries no struct"},
		{"closed", gone, 1, net.ErrClosed.Error()},
		{"slot taken", whole, 1<<32 | 2, "slot 1 is taken"},
		{"slot too large", whole, 1 << 63, "slot 2147483648 is out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := p.Add(tt.conn, tt.token); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Add = %v, want %q", err, tt.want)
			}
		})
	}
	if got := descriptors(t); got != before {
		t.Errorf("%d descriptors, %d before", got, before)
	}
	for _, c := range []net.Conn{pipe, packets.(*net.UnixConn), within, whole} {
		if err := c.Close(); err != nil {
			t.Errorf("%T is no longer the caller's: %v", c, err)
		}
	}
}

// Without descriptors Add fails, and leaves the connection alone.
func TestAddWithoutDescriptors(t *testing.T) {
	for name, d := range map[string]Driver{"epoll": EpollOnly, "auto": Auto} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newOf(t, d)())
			server, client := tcpPair(t)
			defer client.Close()
			starve(t, func() {
				if _, err := r.p.Add(server, slotted(1)); !errors.Is(err, unix.EMFILE) {
					t.Errorf("Add = %v, want too many open files", err)
				}
				if p, err := New(Options{Driver: EpollOnly}); p != nil || !errors.Is(err, unix.EMFILE) {
					t.Errorf("New = %v, %v, want too many open files", p, err)
				}
			})
			r.seen[1] = &history{}
			if _, err := r.p.Add(server, slotted(1)); err != nil {
				t.Fatal(err)
			}
			r.inputOf(client)
			r.until("input", func() bool { return r.seen[1].readable == 1 })
		})
	}
}

// starve runs f while the process can open no descriptor.
func starve(t *testing.T, f func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := unix.Rlimit{Cur: 3, Max: before.Max} // the standard ones are open
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}
