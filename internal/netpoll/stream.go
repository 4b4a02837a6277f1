package netpoll

import (
	"net"
	"time"
)

// phase is how far the closing of a stream has come. Only the Loop changes it.
type phase uint8

const (
	open      phase = iota
	lingering       // Close(false)
	aborted         // Close(true)
)

// stream is one connection of Streams and its Socket. Its fields belong to the
// Loop but for conn and token, which never change, those marked mu, which
// Streams.mu guards, and what its halves say.
type stream struct {
	p     *Streams
	conn  net.Conn
	token Token

	in  intake
	out outlet

	silent bool // closed, or Closed was delivered: no event follows

	phase phase // mu
	ended bool  // mu: Closed was posted
	err   error // mu: why

	// Made by Close, before it ends in.orders.
	shut chan struct{} // closed when the sending half is done
	fuse *time.Timer   // cuts the connection when LingerTime is over
}

var _ Socket = (*stream)(nil)

func newStream(p *Streams, conn net.Conn, token Token) *stream {
	// Two orders fit, so that the Loop never blocks: see intake.
	return &stream{p: p, conn: conn, token: token, in: intake{orders: make(chan order, 2)}}
}

// run is the connection's own goroutine: it receives until the connection ends
// or is closed, waits for Close, and sees the connection out.
func (s *stream) run() {
	defer s.p.running.Done()
	if err := guard(s.receive); err != nil {
		s.fail(err)
	}
	for range s.in.orders { // until Close
		continue
	}
	_ = guard(s.drain) // errors no longer matter: no event follows Close
	<-s.shut
	_ = guard(s.conn.Close)
	s.douse()

	s.p.mu.Lock()
	delete(s.p.open, s)
	s.p.mu.Unlock()
}

// fail posts Closed, the first time it is called.
func (s *stream) fail(err error) {
	s.p.mu.Lock()
	if !s.ended {
		s.ended, s.err = true, err
		s.p.postLocked(s, Closed)
	}
	s.p.mu.Unlock()
	s.p.Wake()
}

// deliver hands an event of the given kind to handle, if it still applies.
func (s *stream) deliver(kind Kind, handle func(Event)) {
	switch {
	case s.silent:
	case kind == Readable:
		s.deliverChunk(handle)
	case kind == Writable:
		if s.takeWritable() {
			handle(Event{Token: s.token, Kind: Writable})
		}
	case kind == Closed:
		s.silent = true
		handle(Event{Token: s.token, Kind: Closed, Err: s.cause()})
	}
}

func (s *stream) cause() error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	return s.err
}
