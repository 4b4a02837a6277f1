package netpoll

import (
	"errors"
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// descriptor is one connection of Epoll and its Socket. It belongs to the Loop.
type descriptor struct {
	p     *Epoll
	mark  uint64 // that of its events: the Token, when it lingers that of its farewell
	fd    int32  // -1 once closed
	room  uint16 // when it lingers: how much more input is discarded, at least
	state state
	asked interest // what the kernel was asked to report
}

var _ Socket = (*descriptor)(nil)

// state is what a descriptor remembers.
type state uint8

const (
	local     state = 1 << iota // a Unix socket
	paused                      // PauseRead(true)
	wanting                     // WantWrite(true), and Writable not delivered since
	finished                    // Closed was delivered: nothing more will be received
	broken                      // finished by an error: no event follows
	abandoned                   // local, and the peer had closed its socket when we were paused
	parting                     // Close(false)
)

// interest is what the kernel is to report of a descriptor. Errors and
// hang-ups come unasked as long as it is watched.
type interest uint8

const (
	watched interest = 1 << iota
	inputs
	outputs
	once // at changes only
)

func (i interest) events() uint32 {
	var e uint32
	if i&inputs != 0 {
		e |= unix.EPOLLIN
	}
	if i&outputs != 0 {
		e |= unix.EPOLLOUT
	}
	if i&once != 0 {
		e |= unix.EPOLLET
	}
	return e
}

func (s *descriptor) has(st state) bool { return s.state&st != 0 }

func (s *descriptor) isOpen() bool { return s.fd >= 0 && !s.has(parting) }

// wanted is what the kernel should report now of an open socket.
func (s *descriptor) wanted() interest {
	var i interest
	if s.has(broken) {
		return 0
	}
	if s.has(wanting) {
		i = watched | outputs
	}
	switch {
	case s.has(finished):
	case !s.has(paused):
		i |= watched | inputs
	case s.has(abandoned) && !s.has(wanting):
		i |= watched | once // or the hang-up would be reported for ever
	default:
		i |= watched
	}
	return i
}

// update tells the kernel what is wanted, if that is not what it was asked.
func (s *descriptor) update() error {
	want := s.wanted()
	if want == s.asked {
		return nil
	}
	op := unix.EPOLL_CTL_MOD
	switch {
	case s.asked == 0:
		op = unix.EPOLL_CTL_ADD
	case want == 0:
		op = unix.EPOLL_CTL_DEL
	}
	if err := s.p.park.control(op, int(s.fd), want.events(), s.mark); err != nil {
		return err
	}
	s.asked = want
	return nil
}

// refresh is update where it cannot fail, or where the Loop's write deadline
// is answer enough: only to watch a socket anew, which is to wait for room
// after the peer's end, takes memory of the kernel.
func (s *descriptor) refresh() { _ = s.update() }

// deliver handles an event of an open socket. It calls handle at most once;
// room to write that came with input is delivered by another call.
func (s *descriptor) deliver(happened uint32, handle func(Event)) {
	switch {
	case s.has(broken):
	case happened&^unix.EPOLLOUT == 0 || s.has(finished):
		s.deliverRoom(handle)
	case s.has(paused):
		s.deliverBreak(happened, handle)
	default:
		s.deliverInput(happened, handle)
	}
}

// deliverInput reads once. What is still there comes before the reason why
// nothing follows it.
func (s *descriptor) deliverInput(happened uint32, handle func(Event)) {
	b := s.p.input
	n, err := receiveNow(int(s.fd), b)
	down := happened&unix.EPOLLERR != 0 || happened&unix.EPOLLHUP != 0 && !s.has(local)
	switch {
	case n > 0:
		handle(Event{Token: Token(s.mark), Kind: Readable, Data: b[:n:n]})
	case down && (err == nil || errors.Is(err, errAgain)):
		s.end(socketError(int(s.fd)), handle)
	case err == nil:
		s.end(io.EOF, handle)
	case errors.Is(err, errAgain): // the event is old
	default:
		s.end(err, handle)
	}
}

// deliverBreak looks at an event of a paused socket. Input is left where it
// is, and so is the end of a peer that has closed a Unix socket in order.
func (s *descriptor) deliverBreak(happened uint32, handle func(Event)) {
	gone := happened&unix.EPOLLHUP != 0
	switch {
	case happened&unix.EPOLLERR != 0, gone && !s.has(local):
		s.end(socketError(int(s.fd)), handle)
		return
	case gone:
		s.state |= abandoned
	}
	s.refresh() // the kernel has not been told of it, or of the pause, yet
}

// deliverRoom delivers Writable if it is still wanted. The kernel is told
// afterwards, when it may be wanted again.
func (s *descriptor) deliverRoom(handle func(Event)) {
	if s.has(wanting) {
		s.state &^= wanting
		handle(Event{Token: Token(s.mark), Kind: Writable})
	}
	if s.isOpen() {
		s.refresh()
	}
}

// end delivers Closed.
func (s *descriptor) end(err error, handle func(Event)) {
	s.state |= finished
	if !errors.Is(err, io.EOF) {
		s.state |= broken
	}
	s.refresh()
	handle(Event{Token: Token(s.mark), Kind: Closed, Err: err})
}

// Send implements Socket. After Close it returns net.ErrClosed.
func (s *descriptor) Send(b []byte) (int, error) {
	if !s.isOpen() {
		return 0, net.ErrClosed
	}
	return sendNow(int(s.fd), b)
}

// PauseRead implements Socket. The kernel is told of a pause when the first
// input comes, so that a short one costs nothing.
func (s *descriptor) PauseRead(on bool) {
	if !s.isOpen() {
		return
	}
	if on {
		s.state |= paused
		return
	}
	s.state &^= paused
	s.refresh()
}

// WantWrite implements Socket. A wish that was revoked stays with the kernel
// until there is room.
func (s *descriptor) WantWrite(on bool) {
	if !s.isOpen() {
		return
	}
	if !on {
		s.state &^= wanting
		return
	}
	s.state |= wanting
	s.refresh()
}

// Close implements Socket.
func (s *descriptor) Close(abort bool) {
	switch {
	case s.fd < 0:
	case s.has(parting):
		if abort {
			s.p.leaving.strike(s)
			s.cut()
		}
	default:
		s.p.table[s.mark>>32] = nil
		if abort {
			s.cut()
		} else {
			s.leave()
		}
	}
}

// leave shuts the sending side and has the input discarded, unless there will
// be none.
func (s *descriptor) leave() {
	if s.has(finished|abandoned) || unix.Shutdown(int(s.fd), unix.SHUT_WR) != nil {
		s.release()
		return
	}
	s.p.leaving.add(s)
}

// cut closes the socket with RST where there is one.
func (s *descriptor) cut() {
	if !s.has(local) {
		// If it fails the peer sees a regular end.
		_ = unix.SetsockoptLinger(int(s.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	s.release()
}

// release closes the descriptor. It is taken off the epoll descriptor first:
// a process that is just being started may hold a copy of it, which would go
// on causing events.
func (s *descriptor) release() {
	s.state |= finished | broken
	s.refresh()
	// Linux has closed it whatever the error.
	_ = unix.Close(int(s.fd))
	s.fd = -1
}
