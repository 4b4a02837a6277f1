// Package centrifuge is a server on the centrifuge library: a Node with its
// memory broker and without history, and its WebSocket handler, spoken to in
// its own JSON protocol. Buffers are small and pooled, as its documentation
// has it for many connections, and compressed frames are prepared once for
// all. It comes in two settings: as the library is by default, and tuned for
// many connections that receive much and say little, with its write delay at
// Outcry's window of 2 ms. The protocol has no ping of the client: a call by
// RPC takes its place, which carries the ping of the other hubs and is
// answered by the same code.
package centrifuge

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/roster"
)

const (
	readBuffer    = 512 // bytes; commands are short
	compressLevel = 1
	compressFrom  = 256      // bytes
	preparedCache = 16 << 20 // bytes of compressed frames that are kept for others
	headerTimeout = 5 * time.Second
	closeTimeout  = 5 * time.Second
)

// Hub is a server on centrifuge. It is safe for concurrent use.
type Hub struct {
	node   *centrifuge.Node
	server *http.Server
	conns  roster.Roster[*roster.Conn]
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub that writes at once.
func Entry() hub.Entry {
	return entry("centrifuge", "centrifuge", centrifuge.ConnectReply{}, centrifuge.WebsocketConfig{})
}

// BatchedEntry describes the hub that collects messages for 2 ms before it
// writes. A frame takes any number of messages, and replies do not wait. Two
// settings save memory: a timer in the place of a writer goroutine, and
// commands that are processed by goroutines that end afterwards.
func BatchedEntry() hub.Entry {
	return entry("centrifuge-batched", "centrifuge, 2 ms write delay", centrifuge.ConnectReply{
		WriteDelay:         2 * time.Millisecond,
		WriteWithTimer:     true,
		MaxMessagesInFrame: -1,
		ReplyWithoutQueue:  true,
	}, centrifuge.WebsocketConfig{ProcessCommandsOffReadLoop: true})
}

func entry(name, title string, reply centrifuge.ConnectReply, config centrifuge.WebsocketConfig) hub.Entry {
	return hub.Entry{
		Name: name, Title: title, Module: "github.com/centrifugal/centrifuge",
		Dialect: hub.DialectCentrifuge, Compresses: true,
		New: func(opt hub.Options) (hub.Hub, error) { return newHub(opt, reply, config) },
	}
}

// newHub returns a hub that welcomes every client with reply.
func newHub(opt hub.Options, reply centrifuge.ConnectReply, config centrifuge.WebsocketConfig) (hub.Hub, error) {
	node, err := centrifuge.New(centrifuge.Config{
		Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()},
	})
	if err != nil {
		return nil, err
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		reply := reply
		reply.Credentials = &centrifuge.Credentials{}
		return reply, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
		client.OnRPC(func(e centrifuge.RPCEvent, answer centrifuge.RPCCallback) {
			answer(centrifuge.RPCReply{Data: hub.Answer(nil, e.Data, func(string) {})}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return nil, err
	}
	config.ReadBufferSize = readBuffer
	config.UseWriteBufferPool = true
	if opt.Compression {
		config.Compression = true
		config.CompressionLevel = compressLevel
		config.CompressionMinSize = compressFrom
		config.CompressionPreparedMessageCacheSize = preparedCache
	}
	handler := centrifuge.NewWebsocketHandler(node, config)
	return &Hub{node: node, server: &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}}, nil
}

// Serve implements hub.Hub.
func (h *Hub) Serve(ln net.Listener) error {
	if err := h.server.Serve(roster.Listen(ln, &h.conns)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Publish implements hub.Hub.
func (h *Hub) Publish(channel string, payload []byte) error {
	_, err := h.node.Publish(channel, payload)
	return err
}

// Close implements hub.Hub. The library's own way would wait for every client
// to answer a Close frame; without connections it has nothing to wait for.
func (h *Hub) Close() error {
	err := h.server.Close()
	h.conns.Close((*roster.Conn).Drop)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(err, h.node.Shutdown(ctx))
}
