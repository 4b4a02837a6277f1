package netpoll

import (
	"errors"
	"net"
	"testing"

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
	raw, err := transport(conn).(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	var refused error
	err = raw.Control(func(fd uintptr) {
		got, refused = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
	})
	if err := errors.Join(err, refused); err != nil {
		t.Fatal(err)
	}
	return got
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
