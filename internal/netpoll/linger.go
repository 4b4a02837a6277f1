package netpoll

import (
	"crypto/tls"
	"net"
	"time"
)

// Close implements Socket. The stream's goroutines do the work. It takes at
// most LingerTime in all, writing included; then the connection is closed, or
// cut if a write is still stuck. Close(true) after Close(false) cuts at once.
func (s *stream) Close(abort bool) {
	switch {
	case s.phase == open:
		s.begin(abort)
	case s.phase == lingering && abort:
		s.enter(aborted)
		s.p.running.Add(1)
		go s.cut()
	}
}

// begin sets the stream's goroutines to closing.
func (s *stream) begin(abort bool) {
	s.shut = make(chan struct{})
	to := aborted
	if !abort {
		to = lingering
		s.p.running.Add(1)
		s.fuse = time.AfterFunc(LingerTime, s.burn)
		s.endWatch()
	}
	writing := s.enter(to)
	close(s.in.orders)
	switch {
	case !writing:
		s.p.running.Add(1)
		go s.write()
	case abort:
		s.p.running.Add(1)
		go s.cut()
	}
}

// enter begins a phase of closing. It reports whether there is a writer, which
// will then close shut; if there is none the caller starts one.
func (s *stream) enter(to phase) (writing bool) {
	s.silent = true
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.phase = to
	writing, s.out.busy = s.out.busy, true
	return writing
}

// shutSending ends the sending half: the last thing a writer does.
func (s *stream) shutSending() error {
	if s.isAborted() {
		return s.reset()
	}
	// Transports that cannot end one direction are closed in both.
	c, ok := s.conn.(interface{ CloseWrite() error })
	if ok && c.CloseWrite() == nil {
		return nil
	}
	return s.conn.Close()
}

// drain discards what the peer still sends: the reader's last task but closing.
func (s *stream) drain() error {
	if s.isAborted() {
		return nil
	}
	buf := s.p.buffers.take(smallBuffer)
	defer s.p.buffers.give(buf)
	for got := 0; got < LingerBytes; {
		n, err := s.conn.Read(buf)
		if err != nil {
			return err
		}
		got += n
	}
	return nil
}

func (s *stream) isAborted() bool {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	return s.phase == aborted
}

// burn runs on the goroutine of fuse. A connection whose bytes have all been
// written is closed in the ordinary way, so that the kernel still delivers
// them.
func (s *stream) burn() {
	defer s.p.running.Done()
	select {
	case <-s.shut:
		_ = guard(transport(s.conn).Close)
	default:
		_ = guard(s.reset)
	}
}

// douse stops the fuse, if there is one and it has not burnt.
func (s *stream) douse() {
	if s.fuse != nil && s.fuse.Stop() {
		s.p.running.Done()
	}
}

// cut runs on its own goroutine, where a writer is stuck.
func (s *stream) cut() {
	defer s.p.running.Done()
	_ = guard(s.reset)
}

// reset closes the transport at once, with RST where there is one, and so ends
// all reads and writes.
func (s *stream) reset() error {
	t := transport(s.conn)
	if c, ok := t.(*net.TCPConn); ok {
		// If it fails the socket is closed already.
		_ = c.SetLinger(0)
	}
	return t.Close()
}

// transport returns what carries conn's bytes. Closing a tls.Conn itself may
// block for five seconds.
func transport(conn net.Conn) net.Conn {
	if c, ok := conn.(*tls.Conn); ok {
		return c.NetConn()
	}
	return conn
}
