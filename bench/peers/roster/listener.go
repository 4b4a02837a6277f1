package roster

import (
	"net"
	"sync"
)

// Listener keeps its connections in a Roster until they are closed, for
// libraries that keep theirs to themselves.
type Listener struct {
	net.Listener
	conns *Roster[*Conn]
}

// Listen returns a Listener over ln.
func Listen(ln net.Listener, conns *Roster[*Conn]) *Listener { return &Listener{ln, conns} }

// Accept returns a *Conn. After Close of the Roster it returns net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: conn, conns: l.conns}
	if !l.conns.Enter(c) {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	return c, nil
}

// Conn is a connection that leaves its Roster when it is closed. It is safe
// for concurrent use.
type Conn struct {
	net.Conn
	conns *Roster[*Conn]
	leave sync.Once
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	c.leave.Do(func() { c.conns.Leave(c) })
	return err
}

// Drop breaks the connection off below the library, which is to notice it and
// to close.
func (c *Conn) Drop() { _ = c.Conn.Close() }
