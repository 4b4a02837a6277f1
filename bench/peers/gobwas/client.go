package gobwas

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/bench/hub"
)

const readBuffer = 512 // bytes; commands are short

var (
	errClosed = errors.New("client has closed")
	errFrame  = errors.New("frame is none that clients send here")
)

// client is one connection. Its goroutine reads; anybody may write.
type client struct {
	hub      *Hub
	conn     net.Conn
	channels []string // belongs to the reading goroutine

	mu sync.Mutex // one writer at a time
}

// run serves the connection until it ends.
func (c *client) run() {
	if err := c.upgrade(); err != nil {
		c.close()
		c.hub.clients.Leave(c)
		return
	}
	c.serve(c.conn)
}

// serve answers what from brings, which is conn or what has been read of it
// already, until the connection ends.
func (c *client) serve(from io.Reader) {
	defer c.hub.clients.Leave(c)
	defer c.close()
	defer func() {
		for _, channel := range c.channels {
			c.hub.topics.Remove(channel, c)
		}
	}()
	c.text(hub.Greet)
	in, ok := c.hub.readers.Get().(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(nil, readBuffer)
	}
	in.Reset(from)
	defer func() {
		in.Reset(nil)
		c.hub.readers.Put(in)
	}()
	for c.read(in) == nil {
	}
}

func (c *client) upgrade() error {
	if err := c.conn.SetDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	if _, err := (ws.Upgrader{}).Upgrade(c.conn); err != nil {
		return err
	}
	return c.conn.SetDeadline(time.Time{})
}

// read reads one frame and answers it. Its error ends the connection.
func (c *client) read(in *bufio.Reader) error {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return err
	}
	if err := ws.CheckHeader(h, ws.StateServerSide); err != nil || !h.Fin || h.Length > maxCommand {
		return errFrame
	}
	buf := c.hub.buffer()
	defer c.hub.buffers.Put(buf)
	buf.Grow(int(h.Length))
	payload := buf.AvailableBuffer()[:h.Length]
	if _, err := io.ReadFull(in, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpText:
		c.text(func(dst []byte) []byte { return hub.Answer(dst, payload, c.subscribe) })
		return nil
	case ws.OpPing:
		pong, err := ws.CompileFrame(ws.NewPongFrame(payload))
		c.write(pong)
		return err
	case ws.OpPong:
		return nil
	default:
		return errClosed
	}
}

func (c *client) subscribe(channel string) {
	c.channels = append(c.channels, channel)
	c.hub.topics.Add(channel, c)
}

// text sends the message that appendTo appends.
func (c *client) text(appendTo func([]byte) []byte) {
	message, frame := c.hub.buffer(), c.hub.buffer()
	defer c.hub.buffers.Put(message)
	defer c.hub.buffers.Put(frame)
	message.Write(appendTo(message.AvailableBuffer()))
	if err := appendText(frame, message.Bytes()); err != nil {
		return // never: a buffer takes everything
	}
	c.write(frame.Bytes())
}

// write sends a frame. A connection that fails ends.
func (c *client) write(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.conn.Write(frame); err != nil {
		c.close()
	}
}

// close ends the connection, and so its goroutine.
func (c *client) close() { _ = c.conn.Close() } // that it was closed before is no error
