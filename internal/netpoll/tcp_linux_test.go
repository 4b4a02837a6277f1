package netpoll

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestUnsentLimit(t *testing.T) {
	tests := []struct {
		name   string
		link   link
		driver Driver
	}{
		{"goroutine", tcpLink(), GoroutineOnly},
		{"goroutine, tls", tlsLink(t, tcpLink()), GoroutineOnly},
		{"epoll", tcpLink(), EpollOnly},
	}
	for _, tt := range tests {
		for _, limit := range []int{0, 16 << 10} {
			t.Run(tt.name, func(t *testing.T) { testUnsentLimit(t, tt.link, Options{Unsent: limit, Driver: tt.driver}) })
		}
	}
}

func testUnsentLimit(t *testing.T, l link, opt Options) {
	t.Helper()
	p, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, p)
	paired := l.pair
	var server net.Conn
	var want int
	l.pair = func(t *testing.T) (net.Conn, net.Conn) {
		t.Helper()
		var client net.Conn
		server, client = paired(t)
		onSocket(t, server, func(fd int) (err error) {
			want, err = unsentLimit(fd)
			return err
		})
		return server, client
	}
	sock, _, _ := r.add(l, 1)
	if opt.Unsent != 0 {
		want = opt.Unsent
	}
	onSocketOf(t, sock, server, func(fd int) error {
		got, err := unsentLimit(fd)
		if got != want {
			t.Errorf("TCP_NOTSENT_LOWAT is %d, want %d", got, want)
		}
		return err
	})
	sock.Close(true) // or a tls.Conn takes its time
}

func unsentLimit(fd int) (int, error) {
	return unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
}

// onSocket calls f with the descriptor under conn.
func onSocket(t *testing.T, conn net.Conn, f func(fd int) error) {
	t.Helper()
	raw, err := transport(conn).(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
}

// onEachDriver runs a test over TCP with every driver.
func onEachDriver(t *testing.T, run func(t *testing.T, r *rig)) {
	t.Helper()
	for name, d := range map[string]Driver{"goroutine": GoroutineOnly, "epoll": EpollOnly, "auto": Auto} {
		t.Run(name, func(t *testing.T) { run(t, newRig(t, newOf(t, d)())) })
	}
}

// The error of a reset seen while paused is that of the socket.
func TestResetPausedError(t *testing.T) {
	onEachDriver(t, func(t *testing.T, r *rig) {
		sock, client, h := r.add(tcpLink(), 1)
		sock.PauseRead(true)
		if _, err := client.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		r.idle(quiet) // the driver knows of the byte and watches
		resetBy(t, client)
		r.until("closed", func() bool { return h.closed == 1 })
		if !errors.Is(h.err, unix.ECONNRESET) || h.readable != 0 {
			t.Errorf("got %+v, want connection reset by peer", h)
		}
	})
}

// The peer's input and its FIN do not end a pause, nor does the watch of it
// spoil the reading that follows.
func TestPauseManyTimes(t *testing.T) {
	onEachDriver(t, func(t *testing.T, r *rig) {
		sock, client, h := r.add(tcpLink(), 1)
		want := noise(200_000, 1)
		r.on = func(Event) { sock.PauseRead(true) }
		left := inBackground(func() error {
			_, err := client.Write(want)
			return errors.Join(err, client.Close())
		})
		for len(h.data) < len(want) {
			n := h.readable
			sock.PauseRead(false)
			r.until("readable", func() bool { return h.readable > n })
		}
		wantData(t, "server", h.data, want)
		r.idle(quiet)
		if h.closed != 0 {
			t.Errorf("got %+v while paused, want no end", h)
		}
		sock.PauseRead(false)
		r.until("closed", func() bool { return h.closed == 1 })
		if err := <-left; err != nil {
			t.Error(err)
		}
	})
}

// A graceful close of a paused connection discards input at once, so that
// LingerBytes ends it before LingerTime does. Five attempts allow for a busy
// machine.
func TestCloseWatched(t *testing.T) {
	onEachDriver(t, func(t *testing.T, r *rig) {
		for n := range Token(5) {
			sock, client, _ := r.add(tcpLink(), n)
			sock.PauseRead(true)
			cut := flood(client, noise(32<<10, 1))
			r.idle(quiet)
			start := time.Now()
			sock.Close(false)
			receive(r, "client cut", cut)
			if time.Since(start) < LingerTime {
				return
			}
		}
		t.Error("the close waited for LingerTime")
	})
}

// A client that reads only after LingerTime gets what the kernel has taken.
func TestCloseLateReader(t *testing.T) {
	onEachDriver(t, func(t *testing.T, r *rig) {
		l := tcpLink()
		var server net.Conn
		l.pair = func(t *testing.T) (net.Conn, net.Conn) {
			t.Helper()
			var client net.Conn
			server, client = tcpPair(t)
			return server, client
		}
		sock, client, h := r.add(l, 1)
		var want []byte
		for unsent := 0; unsent == 0; {
			block := noise(4096, uint64(len(want)))
			r.send(sock, h, block)
			want = append(want, block...)
			r.idle(quiet) // for the kernel to send what the client has room for
			onSocketOf(t, sock, server, func(fd int) (err error) {
				unsent, err = unix.IoctlGetInt(fd, unix.SIOCOUTQNSD)
				return err
			})
		}
		sock.Close(false)
		if err := r.p.Close(); err != nil { // when it has lingered
			t.Error(err)
		}
		c := <-slurp(client)
		wantData(t, "client", c.data, want)
		if c.err != nil {
			t.Errorf("client's reading ended with %v, want io.EOF", c.err)
		}
	})
}

// onSocketOf is onSocket for a connection that a driver has taken over.
func onSocketOf(t *testing.T, sock Socket, conn net.Conn, f func(fd int) error) {
	t.Helper()
	d, ok := sock.(*descriptor)
	if !ok {
		onSocket(t, conn, f)
		return
	}
	if err := f(int(d.fd)); err != nil {
		t.Fatal(err)
	}
}
