// Package gorilla is a hub on gorilla/websocket, built as its chat example is:
// a reader and a writer goroutine per connection, pings, deadlines, and a
// bounded queue whose overflow closes the connection. Beyond the example it
// has what the library's documentation recommends for many connections (small
// read buffers, pooled write buffers, prepared messages) and two things that
// the library leaves to its users: queues that take no memory while they are
// empty, and all pending frames of a connection in one write. The example
// saves writes by joining messages into one, which clients would have to
// split; here frames stay what they are, and the net.Conn below the library
// holds them back until the last one is there.
package gorilla

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/pump"
	"github.com/outcry-dev/outcry/bench/peers/roster"
)

const (
	readBuffer    = 512 // bytes; commands are short
	maxCommand    = 1 << 20
	compressFrom  = 256 // bytes
	headerTimeout = 5 * time.Second
)

// Hub is a server on gorilla/websocket. It is safe for concurrent use.
type Hub struct {
	upgrader websocket.Upgrader
	server   *http.Server
	topics   hub.Topics[*client]
	clients  roster.Roster[*client]
	messages sync.Pool // of *bytes.Buffer
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub.
func Entry() hub.Entry {
	return hub.Entry{
		Name: "gorilla", Title: "gorilla/websocket", Module: "github.com/gorilla/websocket",
		Dialect: hub.DialectOutcry, Compresses: true,
		New: func(opt hub.Options) (hub.Hub, error) { return newHub(opt), nil },
	}
}

func newHub(opt hub.Options) *Hub {
	h := &Hub{upgrader: websocket.Upgrader{
		ReadBufferSize:    readBuffer,
		WriteBufferPool:   &sync.Pool{},
		EnableCompression: opt.Compression,
	}}
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

// Publish implements hub.Hub. The frame is made once, by the first writer that
// needs it.
func (h *Hub) Publish(channel string, payload []byte) error {
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, payload)
	if err != nil {
		return err
	}
	m := &message{prepared: prepared, compress: len(payload) >= compressFrom}
	for _, c := range h.topics.Subscribers(channel) {
		c.send(m)
	}
	return nil
}

// Close implements hub.Hub.
func (h *Hub) Close() error {
	err := h.server.Close()
	h.clients.Close((*client).close)
	return err
}

// ServeHTTP upgrades a connection. It returns at once, so that what net/http
// holds of the request is freed.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := newClient(h, conn)
	if !h.clients.Enter(c) {
		c.close()
		return
	}
	go c.run()
}
