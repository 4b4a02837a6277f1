package pump

import (
	"net"
	"sync"
	"time"
)

// maxHeld is how many bytes a corked connection holds back at most.
const maxHeld = 64 << 10

// Listener wraps the connections it accepts in Conns.
type Listener struct {
	net.Listener
	buffers sync.Pool // of *[]byte
}

// Listen returns a Listener over ln.
func Listen(ln net.Listener) *Listener { return &Listener{Listener: ln} }

// Accept returns a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: conn, buffers: &l.buffers}, nil
}

// Conn is a connection whose writes can be held back for a moment, for
// libraries that write each frame by itself. It is safe for concurrent use,
// but for Cork and Uncork, which belong to the writer. The lock is held while
// bytes are written: it is what keeps them in order.
type Conn struct {
	net.Conn
	buffers *sync.Pool

	mu       sync.Mutex
	held     *[]byte   // guarded by mu; nil: not corked
	timed    bool      // guarded by mu; deadline is to be set before the write
	deadline time.Time // guarded by mu
}

// Cork holds back what is written from now on, up to 64 KiB.
func (c *Conn) Cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil {
		return
	}
	buf, ok := c.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	c.held = buf
}

// Uncork writes what was held back and blocks as Write does.
func (c *Conn) Uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return nil
	}
	err := c.flushLocked()
	c.buffers.Put(c.held)
	c.held = nil
	return err
}

// Write writes b, or holds it back.
func (c *Conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.Conn.Write(b)
	}
	if len(*c.held)+len(b) > maxHeld {
		if err := c.flushLocked(); err != nil {
			return 0, err
		}
	}
	*c.held = append(*c.held, b...)
	return len(b), nil
}

// SetWriteDeadline sets the deadline of writes, once for all that are held
// back together.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.Conn.SetWriteDeadline(t)
	}
	c.timed, c.deadline = true, t
	return nil
}

func (c *Conn) flushLocked() error {
	if c.timed {
		c.timed = false
		if err := c.Conn.SetWriteDeadline(c.deadline); err != nil {
			return err
		}
	}
	_, err := c.Conn.Write(*c.held)
	*c.held = (*c.held)[:0]
	return err
}
