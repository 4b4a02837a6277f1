// Package gobwas is a hub on gobwas/ws with one goroutine per connection, which
// reads. What is written is written at once by whoever has it: of all designs
// on Go's own net package this is the cheapest, and a client that does not read
// stops all. It uses what the library recommends for many connections: the
// upgrade without net/http, small read buffers, frames made once and pooled. A
// variant upgrades through net/http, as every server has to that shares its
// port with other handlers.
package gobwas

import (
	"bytes"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/roster"
)

const (
	maxCommand   = 1 << 20 // bytes
	usualMessage = 512     // bytes
	handshake    = 5 * time.Second
)

// Hub is a server on gobwas/ws. It is safe for concurrent use.
type Hub struct {
	topics  hub.Topics[*client]
	clients roster.Roster[*client]
	readers sync.Pool // of *bufio.Reader
	buffers sync.Pool // of *bytes.Buffer

	mu     sync.Mutex
	ln     net.Listener // guarded by mu
	closed bool         // guarded by mu
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub.
func Entry() hub.Entry {
	return hub.Entry{
		Name: "gobwas", Title: "gobwas/ws, a goroutine per connection", Module: "github.com/gobwas/ws",
		Dialect: hub.DialectOutcry,
		New:     func(hub.Options) (hub.Hub, error) { return &Hub{}, nil },
	}
}

// HTTPEntry describes the hub within Go's own HTTP server.
func HTTPEntry() hub.Entry {
	return hub.Entry{
		Name: "gobwas-http", Title: "gobwas/ws, upgraded through net/http", Module: "github.com/gobwas/ws",
		Dialect: hub.DialectOutcry,
		New:     func(hub.Options) (hub.Hub, error) { return newWebHub(), nil },
	}
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
		c := &client{hub: h, conn: conn}
		if !h.clients.Enter(c) {
			c.close()
			continue
		}
		go c.run()
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

// Publish implements hub.Hub.
func (h *Hub) Publish(channel string, payload []byte) error {
	frame := h.buffer()
	defer h.buffers.Put(frame)
	if err := appendText(frame, payload); err != nil {
		return err
	}
	for _, c := range h.topics.Subscribers(channel) {
		c.write(frame.Bytes())
	}
	return nil
}

// Close implements hub.Hub.
func (h *Hub) Close() error {
	h.mu.Lock()
	ln, closed := h.ln, h.closed
	h.closed = true
	h.mu.Unlock()
	var err error
	if ln != nil && !closed {
		err = ln.Close()
	}
	h.clients.Close((*client).close)
	return err
}

// buffer returns an empty one.
func (h *Hub) buffer() *bytes.Buffer {
	b, ok := h.buffers.Get().(*bytes.Buffer)
	if !ok {
		return bytes.NewBuffer(make([]byte, 0, usualMessage))
	}
	b.Reset()
	return b
}

// appendText writes a text frame. A bytes.Buffer takes everything.
func appendText(b *bytes.Buffer, payload []byte) error {
	if err := ws.WriteHeader(b, ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(len(payload))}); err != nil {
		return err
	}
	b.Write(payload)
	return nil
}
