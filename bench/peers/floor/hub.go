// Package floor is the least that delivering can cost through sockets: one
// non-blocking sendto for each subscriber, in a bare loop. It is no server to
// use: it has no queues, and what a socket does not take at once is an error.
package floor

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/outcry-dev/outcry/bench/hub"
)

// Hub is the floor. It is safe for concurrent use.
type Hub struct {
	topics hub.Topics[*client]
	poll   *poll
	frame  []byte // of Publish
	work   sync.WaitGroup
	once   sync.Once

	// open is held while descriptors are written to, and while one is closed:
	// its number may be another's then.
	open sync.Mutex

	mu     sync.Mutex
	ln     net.Listener // guarded by mu
	closed bool         // guarded by mu
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub.
func Entry() hub.Entry {
	return hub.Entry{
		Name: "floor", Title: "floor: one sendto per socket", Dialect: hub.DialectOutcry,
		New: func(hub.Options) (hub.Hub, error) { return New() },
	}
}

// New returns a Hub.
func New() (*Hub, error) {
	p, err := newPoll()
	if err != nil {
		return nil, err
	}
	h := &Hub{poll: p}
	h.work.Go(h.read)
	return h, nil
}

// Serve implements hub.Hub.
func (h *Hub) Serve(ln net.Listener) error {
	h.mu.Lock()
	h.ln = ln
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return ln.Close()
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return h.ended(err)
		}
		if err := h.admit(conn); err != nil {
			return h.ended(err)
		}
	}
}

// ended is what Serve returns when Accept has failed.
func (h *Hub) ended(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	return err
}

// admit takes the socket out of Go's poller and hands it to the hub's.
func (h *Hub) admit(conn net.Conn) error {
	fd, err := duplicate(conn)
	if err := errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("taking over a socket: %w", err)
	}
	return h.poll.add(&client{fd: fd})
}

// Publish implements hub.Hub.
func (h *Hub) Publish(channel string, payload []byte) error {
	h.frame = appendFrame(h.frame[:0], ws.OpText, payload)
	subscribers := h.topics.Subscribers(channel)
	h.open.Lock()
	defer h.open.Unlock()
	for _, c := range subscribers {
		if err := c.send(h.frame); err != nil {
			return err
		}
	}
	return nil
}

// Close implements hub.Hub.
func (h *Hub) Close() (err error) {
	h.once.Do(func() {
		h.mu.Lock()
		h.closed = true
		if h.ln != nil {
			err = h.ln.Close()
		}
		h.mu.Unlock()
		h.poll.stop()
		h.work.Wait()
	})
	return err
}

// appendFrame appends an unmasked frame.
func appendFrame(dst []byte, op ws.OpCode, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = append(dst, 126, byte(n>>8), byte(n))
	default:
		dst = append(dst, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(dst, payload...)
}

// duplicate returns a descriptor of the same, non-blocking socket.
func duplicate(conn net.Conn) (fd int, err error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0, fmt.Errorf("connection %T: only TCP has a floor", conn)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	cerr := raw.Control(func(s uintptr) { fd, err = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, cerr)
}
