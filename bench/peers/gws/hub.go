// Package gws is a hub on lxzan/gws, built as its documentation recommends: a
// read loop per connection, started in a goroutine of its own so that the
// request is freed, and a Broadcaster per publication, which frames (and
// compresses) once and has the writing done by goroutines that exist only
// while a connection has something to write. The queue per connection is the
// library's own, which has no bound, and each frame is a write of its own.
// Parallel processing of messages stays off, as by default: the handler never
// blocks, and clients are answered in order.
package gws

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/lxzan/gws"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/roster"
)

const (
	readBuffer    = 512 // bytes; commands are short
	maxCommand    = 1 << 20
	compressFrom  = 256 // bytes
	headerTimeout = 5 * time.Second
	channelsKey   = "channels" // in a connection's session

	unsupportedData = 1003 // RFC 6455 section 7.4.1
)

// Hub is a server on gws. It is safe for concurrent use.
type Hub struct {
	gws.BuiltinEventHandler
	upgrader *gws.Upgrader
	server   *http.Server
	topics   hub.Topics[*gws.Conn]
	clients  roster.Roster[*gws.Conn]
}

var _ hub.Hub = (*Hub)(nil)

// Entry describes the hub.
func Entry() hub.Entry {
	return hub.Entry{
		Name: "gws", Title: "lxzan/gws", Module: "github.com/lxzan/gws",
		Dialect: hub.DialectOutcry, Compresses: true,
		New: func(opt hub.Options) (hub.Hub, error) { return newHub(opt), nil },
	}
}

func newHub(opt hub.Options) *Hub {
	h := &Hub{}
	h.upgrader = gws.NewUpgrader(h, &gws.ServerOption{
		ReadBufferSize:     readBuffer,
		ReadMaxPayloadSize: maxCommand,
		Recovery:           gws.Recovery,
		PermessageDeflate:  gws.PermessageDeflate{Enabled: opt.Compression, Threshold: compressFrom},
	})
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout}
	return h
}

// Serve implements hub.Hub.
func (h *Hub) Serve(ln net.Listener) error {
	if err := h.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Publish implements hub.Hub. The frame is made once.
func (h *Hub) Publish(channel string, payload []byte) error {
	b := gws.NewBroadcaster(gws.OpcodeText, bytes.Clone(payload))
	defer b.Close() // frees memory
	for _, conn := range h.topics.Subscribers(channel) {
		if err := b.Broadcast(conn); err != nil {
			return err // of framing: it would be the same for all
		}
	}
	return nil
}

// Close implements hub.Hub.
func (h *Hub) Close() error {
	err := h.server.Close()
	h.clients.Close(drop)
	return err
}

// drop breaks a connection off. The library's own way waits for its turn to
// write a Close frame.
func drop(conn *gws.Conn) { _ = conn.NetConn().Close() }

// ServeHTTP upgrades a connection. It returns at once, so that what net/http
// holds of the request is freed.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := h.upgrader.Upgrade(w, r)
	if err != nil {
		return // Upgrade has answered
	}
	if !h.clients.Enter(conn) {
		drop(conn)
		return
	}
	go h.run(conn)
}

// run serves a connection until it ends and has nothing left to write.
func (h *Hub) run(conn *gws.Conn) {
	defer h.clients.Leave(conn)
	conn.ReadLoop()
	for _, channel := range subscriptions(conn) {
		h.topics.Remove(channel, conn)
	}
	idle := make(chan struct{})
	conn.Async(func() { close(idle) })
	<-idle
}

// OnOpen implements gws.Event.
func (h *Hub) OnOpen(conn *gws.Conn) {
	_ = conn.WriteMessage(gws.OpcodeText, hub.Greet(nil)) // the library closes on errors
}

// OnMessage implements gws.Event.
func (h *Hub) OnMessage(conn *gws.Conn, m *gws.Message) {
	defer m.Close() // frees memory
	if m.Opcode != gws.OpcodeText {
		_ = conn.WriteClose(unsupportedData, nil)
		return
	}
	answer := hub.Answer(nil, m.Bytes(), func(channel string) { h.subscribe(conn, channel) })
	_ = conn.WriteMessage(gws.OpcodeText, answer) // the library closes on errors
}

func (h *Hub) subscribe(conn *gws.Conn, channel string) {
	channels := subscriptions(conn)
	if !slices.Contains(channels, channel) {
		conn.Session().Store(channelsKey, append(channels, channel))
		h.topics.Add(channel, conn)
	}
}

// subscriptions returns the channels of a connection. Only its read loop asks.
func subscriptions(conn *gws.Conn) []string {
	v, _ := conn.Session().Load(channelsKey)
	channels, _ := v.([]string)
	return channels
}
