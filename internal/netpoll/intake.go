package netpoll

import "time"

// order is what the Loop tells a reader that has handed it a chunk.
type order uint8

const (
	proceed   order = iota + 1 // the chunk has been handled: read on
	watchPeer                  // the Loop is paused: tell it if the connection breaks
)

// intake is a stream's receiving half. The reader posts one chunk and reads
// again only after proceed, so a paused Loop holds at most one chunk and
// everything else waits in the kernel. Per chunk there are at most two orders,
// watchPeer and proceed.
//
// chunk is the reader's until it is posted and the Loop's until proceed; the
// other fields are the Loop's.
type intake struct {
	orders   chan order // closed by Close
	chunk    []byte
	paused   bool
	watching bool // watchPeer was ordered, proceed not yet
	waiting  turn
}

// turn is what the Loop owes a reader at the time of a resume.
type turn uint8

const (
	nothing  turn = iota
	delivery      // the chunk came while paused and has not been handled
	release       // the chunk was handled and proceed withheld
)

// receive reads until the connection ends, which is its error, or until Close,
// then it returns nil.
func (s *stream) receive() error {
	size := smallBuffer
	for {
		buf := s.p.buffers.take(size)
		n, err := s.conn.Read(buf)
		size = smallBuffer
		if n == len(buf) {
			size = largeBuffer // there may be more
		}
		if n > 0 {
			if again, broken := s.hand(buf[:n]); !again {
				return broken // buf is lost: the Loop may be reading it
			}
		}
		s.p.buffers.give(buf)
		if err != nil {
			return err
		}
	}
}

// hand posts a chunk and blocks until the Loop has handled it and is not
// paused. It returns false when nothing more is to be read: the connection
// broke meanwhile, which is the error, or was closed.
func (s *stream) hand(chunk []byte) (again bool, err error) {
	s.p.mu.Lock()
	if s.phase != open {
		s.p.mu.Unlock()
		return false, nil
	}
	s.in.chunk = chunk
	s.p.postLocked(s, Readable)
	s.p.mu.Unlock()
	s.p.Wake()

	o, ok := <-s.in.orders
	if !ok || o == proceed {
		return ok, nil
	}
	if err := watch(s.conn); err != nil {
		return false, err
	}
	_, ok = <-s.in.orders
	// The Loop ended watch by a deadline.
	err = s.conn.SetReadDeadline(time.Time{})
	return ok && err == nil, err
}

// deliverChunk hands the chunk to handle, or keeps it while paused.
func (s *stream) deliverChunk(handle func(Event)) {
	if s.in.paused {
		s.in.waiting = delivery
		s.orderWatch()
		return
	}
	chunk := s.in.chunk
	s.in.chunk = nil // or an idle connection would keep a buffer of the pool alive
	handle(Event{Token: s.token, Kind: Readable, Data: chunk})
	switch {
	case s.phase != open: // by handle
	case s.in.paused:
		s.in.waiting = release
		s.orderWatch()
	default:
		s.orderProceed()
	}
}

// PauseRead implements Socket. A connection in which this driver is waiting
// for input is watched even while paused, and so is a plain or TLS connection
// over TCP on Linux. On others (pipes, other systems) a connection that breaks
// after the Loop was handed its last chunk shows only in the next Send or when
// reading resumes: the Loop's write deadline bounds that.
func (s *stream) PauseRead(paused bool) {
	s.in.paused = paused
	if paused || s.phase != open {
		return
	}
	owed := s.in.waiting
	s.in.waiting = nothing
	switch owed {
	case nothing:
	case delivery:
		s.p.mu.Lock()
		s.p.postLocked(s, Readable)
		s.p.mu.Unlock()
		s.p.Wake()
	case release:
		s.orderProceed()
	}
}

func (s *stream) orderWatch() {
	if !s.in.watching && watchable(s.conn) {
		s.in.watching = true
		s.in.orders <- watchPeer
	}
}

func (s *stream) orderProceed() {
	s.endWatch()
	s.in.orders <- proceed
}

// endWatch makes watch return. The deadline is in place before the reader
// gets its next order, so the reader's clearing of it comes after.
func (s *stream) endWatch() {
	if s.in.watching {
		s.in.watching = false
		// It fails only on a closed socket, where watch has ended anyway.
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	}
}
