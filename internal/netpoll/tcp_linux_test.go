package netpoll

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestUnsentLimit(t *testing.T) {
	links := map[string]link{"tcp": tcpLink(), "tls": tlsLink(t, tcpLink())}
	for name, l := range links {
		for _, limit := range []int{0, 16 << 10} {
			t.Run(name, func(t *testing.T) {
				server, client := l.pair(t)
				defer client.Close()
				before := unsentLimit(t, server)
				p := NewStreams(Options{Unsent: limit})
				if _, err := p.Add(server, 1); err != nil {
					t.Fatal(err)
				}
				want := before
				if limit != 0 {
					want = limit
				}
				if got := unsentLimit(t, server); got != want {
					t.Errorf("TCP_NOTSENT_LOWAT is %d, want %d", got, want)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func unsentLimit(t *testing.T, conn net.Conn) int {
	t.Helper()
	var limit int
	onSocket(t, conn, func(fd int) (err error) {
		limit, err = unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
		return err
	})
	return limit
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

// The error of a reset seen while paused is that of the socket.
func TestResetPausedError(t *testing.T) {
	r := newRig(t, newStreams())
	sock, client, h := r.add(tcpLink(), 1)
	sock.PauseRead(true)
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	r.idle(quiet) // the driver holds the byte and watches
	resetBy(t, client)
	r.until("closed", func() bool { return h.closed == 1 })
	if !errors.Is(h.err, unix.ECONNRESET) || h.readable != 0 {
		t.Errorf("got %+v, want connection reset by peer", h)
	}
}

// The peer's input and its FIN do not end a pause, nor does the watch of it
// spoil the reading that follows.
func TestPauseManyTimes(t *testing.T) {
	r := newRig(t, newStreams())
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
}

// A graceful close of a watched connection discards input at once, so that
// LingerBytes ends it before LingerTime does. Five attempts allow for a busy
// machine.
func TestCloseWatched(t *testing.T) {
	for range 5 {
		p := NewStreams(Options{})
		r := newRig(t, p)
		sock, client, _ := r.add(tcpLink(), 1)
		sock.PauseRead(true)
		cut := flood(client, noise(32<<10, 1))
		r.idle(quiet)
		start := time.Now()
		sock.Close(false)
		p.running.Wait()
		lingered := time.Since(start)
		receive(r, "client cut", cut)
		if lingered < LingerTime {
			return
		}
	}
	t.Error("the close waited for LingerTime")
}

// A client that reads only after LingerTime gets what the kernel has taken.
func TestCloseLateReader(t *testing.T) {
	p := NewStreams(Options{})
	r := newRig(t, p)
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
		onSocket(t, server, func(fd int) (err error) {
			unsent, err = unix.IoctlGetInt(fd, unix.SIOCOUTQNSD)
			return err
		})
	}
	sock.Close(false)
	p.running.Wait()
	got := receive(r, "client's end", slurp(client))
	wantData(t, "client", got.data, want)
	if got.err != nil {
		t.Errorf("client's reading ended with %v, want io.EOF", got.err)
	}
}
