package netpoll

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// Epoll is the event-driven driver: it carries plain TCP connections and Unix
// stream sockets. It has no goroutine, and an idle connection has neither a
// goroutine nor a buffer. Concurrency is that of Poller.
type Epoll struct {
	unsent  int
	park    *park
	table   []*descriptor // of the open sockets, by slot
	leaving farewells
	input   []byte // what was received last
	closed  bool
}

var _ Poller = (*Epoll)(nil)

// Marks beside those of open sockets, which are their Tokens: slots are below
// 1<<31.
const (
	maxSlots            = 1 << 31
	farewellMark uint64 = 1 << 63 // | the number of the farewell
	timerMark    uint64 = 1<<64 - 1
)

// NewEpoll returns a driver without connections. It holds two descriptors.
func NewEpoll(opt Options) (*Epoll, error) {
	p, err := newPark()
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	return &Epoll{unsent: opt.Unsent, park: p, input: make([]byte, MaxRead)}, nil
}

// Wait implements Poller.
func (p *Epoll) Wait(until time.Time, handle func(Event)) { p.wait(until, MaxEvents, handle) }

// wait is Wait with at most limit events.
func (p *Epoll) wait(until time.Time, limit int, handle func(Event)) {
	if p.closed {
		return
	}
	if p.park.next == p.park.count {
		p.park.await(p.leaving.earlier(until))
	}
	p.dispatch(limit, handle)
	p.leaving.expire()
}

// dispatch goes through the batch. What has been handled is struck from it
// before, so that a panic in handle does not bring it back.
func (p *Epoll) dispatch(limit int, handle func(Event)) {
	for ; limit > 0 && p.park.next < p.park.count; limit-- {
		ev := &p.park.batch[p.park.next]
		happened, mark := ev.Events, markOf(ev)
		ev.Events &= unix.EPOLLOUT // one step for what came, another for what can go
		if happened&^unix.EPOLLOUT == 0 || mark >= farewellMark {
			ev.Events = 0
		}
		if ev.Events == 0 {
			p.park.next++
		}
		if mark >= farewellMark {
			p.leaving.receive(mark&^farewellMark, p.input)
			continue
		}
		if s := p.find(mark); s != nil {
			s.deliver(happened, handle)
		}
	}
}

// find returns the open socket of a mark, or nil if it is gone.
func (p *Epoll) find(mark uint64) *descriptor {
	slot := mark >> 32
	if slot >= uint64(len(p.table)) {
		return nil
	}
	if s := p.table[slot]; s != nil && s.mark == mark {
		return s
	}
	return nil
}

// Wake implements Poller.
func (p *Epoll) Wake() { p.park.wake() }

// Add implements Poller. conn must be a *net.TCPConn, or a *net.UnixConn of a
// stream. Its descriptor is duplicated and conn itself closed. No two open
// sockets may have one slot.
func (p *Epoll) Add(conn net.Conn, token Token) (Socket, error) {
	s, err := p.add(conn, token)
	if err != nil {
		return nil, fmt.Errorf("add connection: %w", err)
	}
	return s, nil
}

func (p *Epoll) add(conn net.Conn, token Token) (*descriptor, error) {
	slot := uint64(token) >> 32
	switch {
	case p.closed:
		return nil, net.ErrClosed
	case slot >= maxSlots:
		return nil, fmt.Errorf("slot %d is out of range", slot)
	case slot < uint64(len(p.table)) && p.table[slot] != nil:
		return nil, fmt.Errorf("slot %d is taken", slot)
	}
	fd, err := duplicate(conn, p.unsent)
	if err != nil {
		return nil, err
	}
	s := &descriptor{p: p, mark: uint64(token), fd: int32(fd)}
	if _, ok := conn.(*net.UnixConn); ok {
		s.state |= local
	}
	if err := s.update(); err != nil {
		_ = unix.Close(fd) // conn still has the socket
		return nil, err
	}
	_ = conn.Close() // it gives up its descriptor in any case
	for uint64(len(p.table)) <= slot {
		p.table = append(p.table, nil)
	}
	p.table[slot] = s
	return s, nil
}

// Close implements Poller. It must not be called by a handler.
func (p *Epoll) Close() error {
	if p.closed {
		return nil
	}
	for _, s := range p.table {
		if s != nil {
			s.Close(true)
		}
	}
	for p.leaving.any() {
		p.Wait(time.Time{}, func(Event) {})
	}
	p.closed = true
	return p.park.close()
}
