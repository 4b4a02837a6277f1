// Package coder is a hub on coder/websocket, built as its chat example is: a
// writer goroutine per subscriber, fed through a bounded queue whose overflow
// closes the connection, and a timeout by context on writing. Beyond the
// example the writer takes all pending messages at once, and the net.Conn
// below the library holds them back until the last one is there, so that they
// leave in one write. The library compresses for each connection anew: it has
// no message that is prepared once for all.
package coder

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/pump"
	"github.com/outcry-dev/outcry/bench/peers/roster"
)

const (
	maxCommand    = 1 << 20
	compressFrom  = 256 // bytes
	headerTimeout = 5 * time.Second
)

// Hub is a server on coder/websocket. It is safe for concurrent use.
type Hub struct {
	accept   websocket.AcceptOptions
	server   *http.Server
	topics   hub.Topics[*client]
	clients  roster.Roster[*client]
	messages sync.Pool // of *bytes.Buffer
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub.
func Entry() hub.Entry {
	return hub.Entry{
		Name: "coder", Title: "coder/websocket", Module: "github.com/coder/websocket",
		Dialect: hub.DialectOutcry, Compresses: true,
		New: func(opt hub.Options) (hub.Hub, error) { return newHub(opt), nil },
	}
}

func newHub(opt hub.Options) *Hub {
	h := &Hub{}
	if opt.Compression {
		h.accept.CompressionMode = websocket.CompressionNoContextTakeover
		h.accept.CompressionThreshold = compressFrom
	}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout}
	return h
}

// Serve implements hub.Hub.
func (h *Hub) Serve(ln net.Listener) error {
	if err := h.server.Serve(pump.Listen(ln)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Publish implements hub.Hub. All subscribers share one copy of payload; each
// connection's writer frames it.
func (h *Hub) Publish(channel string, payload []byte) error {
	var text []byte
	for _, c := range h.topics.Subscribers(channel) {
		if text == nil {
			text = append(text, payload...)
		}
		c.send(text)
	}
	return nil
}

// Close implements hub.Hub.
func (h *Hub) Close() error {
	err := h.server.Close()
	h.clients.Close((*client).close)
	return err
}

// ServeHTTP accepts a connection. It returns at once, so that what net/http
// holds of the request is freed.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	watch := &witness{ResponseWriter: w}
	conn, err := websocket.Accept(watch, r, &h.accept)
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(maxCommand)
	c := newClient(h, conn, watch.conn)
	if !h.clients.Enter(c) {
		c.close()
		return
	}
	go c.run()
}
