package gorilla

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/pump"
)

// The periods of gorilla's chat example.
const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10

	maxQueued = 1 << 14 // messages: what 2 MiB, the bound of Outcry, hold of quotes
)

// message is one of many that wait for a writer: a publication, or text that
// is for one client.
type message struct {
	prepared *websocket.PreparedMessage
	text     []byte
	compress bool
}

// client is one connection. send and close are safe for concurrent use.
type client struct {
	hub      *Hub
	conn     *websocket.Conn
	queue    *pump.Queue[*message]
	channels []string // owned by run
	closing  sync.Once
	closed   chan struct{}
}

func newClient(h *Hub, conn *websocket.Conn) *client {
	return &client{hub: h, conn: conn, queue: pump.NewQueue[*message](maxQueued), closed: make(chan struct{})}
}

// send queues m. A client that lets its queue overflow is dropped.
func (c *client) send(m *message) {
	if !c.queue.Push(m) {
		c.close()
	}
}

func (c *client) close() {
	c.closing.Do(func() {
		close(c.closed)
		_ = c.conn.Close()
	})
}

// run serves the connection until it ends.
func (c *client) run() {
	defer c.hub.clients.Leave(c)
	var writer sync.WaitGroup
	writer.Go(c.write)
	c.read()
	for _, channel := range c.channels {
		c.hub.topics.Remove(channel, c)
	}
	c.close()
	writer.Wait()
}

// read reads commands until the connection ends.
func (c *client) read() {
	c.conn.SetReadLimit(maxCommand)
	_ = c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	c.send(&message{text: hub.Greet(nil)})
	for {
		kind, r, err := c.conn.NextReader()
		if err != nil {
			return
		}
		buf, ok := c.hub.messages.Get().(*bytes.Buffer)
		if !ok {
			buf = new(bytes.Buffer)
		}
		_, err = buf.ReadFrom(r)
		if err != nil || kind != websocket.TextMessage {
			return
		}
		c.send(&message{text: hub.Answer(nil, buf.Bytes(), c.subscribe)})
		buf.Reset()
		c.hub.messages.Put(buf)
	}
}

func (c *client) subscribe(channel string) {
	if !slices.Contains(c.channels, channel) {
		c.channels = append(c.channels, channel)
		c.hub.topics.Add(channel, c)
	}
}

// write writes what is queued until the connection ends.
func (c *client) write() {
	defer c.close()
	ticker := time.NewTicker(pingPeriod)
	defer ticker.Stop()
	var batch []*message
	for {
		var err error
		select {
		case <-c.closed:
			return
		case <-c.queue.Wake():
			batch = c.queue.Take(batch)
			err = c.flush(batch)
		case <-ticker.C:
			err = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
		}
		if err != nil {
			return
		}
	}
}

// flush writes a batch in one piece.
func (c *client) flush(batch []*message) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait)) // cannot fail
	if len(batch) == 1 {
		return c.writeMessage(batch[0])
	}
	cork := c.conn.NetConn().(*pump.Conn) // Serve's listener makes no others
	cork.Cork()
	for _, m := range batch {
		if err := c.writeMessage(m); err != nil {
			return err
		}
	}
	return cork.Uncork()
}

func (c *client) writeMessage(m *message) error {
	c.conn.EnableWriteCompression(m.compress)
	if m.prepared != nil {
		return c.conn.WritePreparedMessage(m.prepared)
	}
	return c.conn.WriteMessage(websocket.TextMessage, m.text)
}
