package netpoll

import (
	"net"
	"time"
)

// Mixed is the driver of Auto: an Epoll for what that carries and Streams for
// everything else. The Loop waits in the Streams until the Epoll is needed,
// and from then on in the Epoll, which the Streams wake. Concurrency is that
// of Poller.
type Mixed struct {
	opt     Options
	streams *Streams
	epoll   *Epoll // nil until it is needed
	closed  bool
}

var _ Poller = (*Mixed)(nil)

// NewMixed returns a driver without connections. Under testing/synctest it
// must be called inside the bubble, and be given none that Epoll carries.
func NewMixed(opt Options) *Mixed { return &Mixed{opt: opt, streams: NewStreams(opt)} }

// Wait implements Poller.
func (p *Mixed) Wait(until time.Time, handle func(Event)) {
	if p.epoll == nil {
		p.streams.Wait(until, handle)
		return
	}
	// At most half is for the streams, lest they keep the others waiting.
	n := p.streams.look(MaxEvents/2, handle)
	if n > 0 {
		until = time.Unix(1, 0)
	}
	p.epoll.wait(until, MaxEvents-n, handle)
}

// Wake implements Poller.
func (p *Mixed) Wake() { p.streams.Wake() }

// Add implements Poller.
func (p *Mixed) Add(conn net.Conn, token Token) (Socket, error) {
	if _, ok := plain(conn); !ok || p.closed {
		return p.streams.Add(conn, token)
	}
	if p.epoll == nil {
		e, err := NewEpoll(p.opt)
		if err != nil {
			return nil, err
		}
		p.epoll = e
		p.streams.relayTo(e.Wake)
	}
	return p.epoll.Add(conn, token)
}

// Close implements Poller. The streams that linger do so while the Epoll's do.
func (p *Mixed) Close() error {
	p.closed = true
	p.streams.cut()
	var err error
	if p.epoll != nil {
		err = p.epoll.Close()
	}
	_ = p.streams.Close() // it has no error
	return err
}
