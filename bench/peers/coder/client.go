package coder

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/pump"
)

const (
	writeTimeout = 5 * time.Second // as in coder's chat example
	maxQueued    = 1 << 14         // messages: what 2 MiB, the bound of Outcry, hold of quotes
)

// client is one connection. send and close are safe for concurrent use.
type client struct {
	hub      *Hub
	conn     *websocket.Conn
	cork     *pump.Conn // below conn
	queue    *pump.Queue[[]byte]
	channels []string // owned by run
	closing  sync.Once
	closed   chan struct{}
}

func newClient(h *Hub, conn *websocket.Conn, cork *pump.Conn) *client {
	return &client{
		hub: h, conn: conn, cork: cork,
		queue:  pump.NewQueue[[]byte](maxQueued),
		closed: make(chan struct{}),
	}
}

// send queues text, which nobody may change any more. A client that lets its
// queue overflow is dropped.
func (c *client) send(text []byte) {
	if !c.queue.Push(text) {
		c.close()
	}
}

// close breaks the connection off. The library's CloseNow would wait for those
// who use it.
func (c *client) close() {
	c.closing.Do(func() {
		close(c.closed)
		_ = c.cork.Close()
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
	_ = c.conn.CloseNow()
}

// read reads commands until the connection ends.
func (c *client) read() {
	c.send(hub.Greet(nil))
	for {
		kind, r, err := c.conn.Reader(context.Background())
		if err != nil {
			return
		}
		buf, ok := c.hub.messages.Get().(*bytes.Buffer)
		if !ok {
			buf = new(bytes.Buffer)
		}
		_, err = buf.ReadFrom(r)
		if err != nil || kind != websocket.MessageText {
			return
		}
		c.send(hub.Answer(nil, buf.Bytes(), c.subscribe))
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
	var batch [][]byte
	for {
		select {
		case <-c.closed:
			return
		case <-c.queue.Wake():
			batch = c.queue.Take(batch)
			if c.flush(batch) != nil {
				return
			}
		}
	}
}

// flush writes a batch in one piece.
func (c *client) flush(batch [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if len(batch) == 1 {
		return c.conn.Write(ctx, websocket.MessageText, batch[0])
	}
	c.cork.Cork()
	for _, text := range batch {
		if err := c.conn.Write(ctx, websocket.MessageText, text); err != nil {
			return err
		}
	}
	return c.cork.Uncork()
}
