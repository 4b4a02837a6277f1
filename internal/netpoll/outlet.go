package netpoll

import "net"

// outlet is a stream's sending half: at most one block is being written, by a
// goroutine that exists for that long. Streams.mu guards its fields but for
// block, which is the Loop's while not busy and the writer's while busy.
type outlet struct {
	block  []byte
	busy   bool  // a writer runs
	want   bool  // WantWrite(true), and Writable not delivered since
	posted bool  // a Writable notice is on its way
	err    error // why a write failed
}

// Send implements Socket. It takes at most 16 KiB, and nothing while the last
// block is being written. The end of the peer's sending (Closed with io.EOF)
// does not end ours. After Close it returns net.ErrClosed.
func (s *stream) Send(b []byte) (int, error) {
	if s.phase != open {
		return 0, net.ErrClosed
	}
	if len(b) == 0 {
		return 0, s.writeError()
	}
	if ok, err := s.startWrite(); !ok {
		return 0, err
	}
	n := min(len(b), largeBuffer)
	s.out.block = s.p.buffers.take(n)[:n]
	copy(s.out.block, b)
	s.p.running.Add(1)
	go s.write()
	return n, nil
}

func (s *stream) writeError() error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	return s.out.err
}

// startWrite makes the sending half busy, unless it is already or has failed.
func (s *stream) startWrite() (bool, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.out.busy || s.out.err != nil {
		return false, s.out.err
	}
	s.out.busy = true
	return true, nil
}

// write runs on its own goroutine: it writes the block and, if the stream is
// being closed, shuts the sending half.
func (s *stream) write() {
	defer s.p.running.Done()
	if err := guard(s.writeBlock); err != nil {
		s.failWrite(err)
	}
	if s.endWrite() {
		return
	}
	_ = guard(s.shutSending) // errors no longer matter: no event follows Close
	close(s.shut)
}

// writeBlock writes the block, if there is one, and gives it back.
func (s *stream) writeBlock() error {
	if s.out.block == nil {
		return nil
	}
	_, err := s.conn.Write(s.out.block)
	s.p.buffers.give(s.out.block)
	s.out.block = nil
	return err
}

func (s *stream) failWrite(err error) {
	s.p.mu.Lock()
	s.out.err = err
	s.p.mu.Unlock()
	s.fail(err)
}

// endWrite makes the sending half idle and posts Writable if that was wanted.
// It returns false if the stream is being closed: then busy remains.
func (s *stream) endWrite() bool {
	s.p.mu.Lock()
	if s.phase != open {
		s.p.mu.Unlock()
		return false
	}
	s.out.busy = false
	posted := s.postWritableLocked()
	s.p.mu.Unlock()
	if posted {
		s.p.Wake()
	}
	return true
}

// postWritableLocked posts Writable if it is due and reports whether it was.
func (s *stream) postWritableLocked() bool {
	o := &s.out
	if !o.want || o.busy || o.posted || o.err != nil {
		return false
	}
	o.posted = true
	s.p.postLocked(s, Writable)
	return true
}

// WantWrite implements Socket.
func (s *stream) WantWrite(on bool) {
	s.p.mu.Lock()
	s.out.want = on
	posted := s.postWritableLocked()
	s.p.mu.Unlock()
	if posted {
		s.p.Wake()
	}
}

// takeWritable reports whether a Writable notice still holds: the Loop may
// have revoked its wish, or used the room already. In the latter case the
// writer posts another.
func (s *stream) takeWritable() bool {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	o := &s.out
	o.posted = false
	due := o.want && !o.busy && o.err == nil
	if due {
		o.want = false
	}
	return due
}
