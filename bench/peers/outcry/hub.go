// Package outcry is the server that all this is about: a Node within Go's own
// HTTP server, as its documentation shows it.
package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/jwtauth"

	"github.com/outcry-dev/outcry/bench/hub"
)

const (
	maxConnections = 20_000
	headerTimeout  = 5 * time.Second
	startTimeout   = 5 * time.Second
	drainTimeout   = 100 * time.Millisecond
)

// Hub is a Node and its HTTP server. It is safe for concurrent use.
type Hub struct {
	node   *outcry.Node
	server *http.Server
	stop   context.CancelFunc
	ran    chan error // what Run returned
	once   sync.Once
	closed error // written within once
}

var _ hub.Hub = (*Hub)(nil)

// Entries describe the hub with its default driver and with the driver of
// other systems.
func Entries() []hub.Entry {
	entry := func(name, title string, transport outcry.Transport) hub.Entry {
		return hub.Entry{
			Name: name, Title: title, Module: "github.com/outcry-dev/outcry", Dialect: hub.DialectOutcry,
			Compresses: true,
			New:        func(o hub.Options) (hub.Hub, error) { return New(o, transport) },
		}
	}
	return []hub.Entry{
		entry("outcry", "Outcry", outcry.TransportAuto),
		entry("outcry-goroutine", "Outcry, goroutine transport", outcry.TransportGoroutine),
	}
}

// New returns a running hub. All but its size is as the defaults are.
func New(o hub.Options, transport outcry.Transport) (*Hub, error) {
	cfg := outcry.Config{
		Access:    outcry.Access{Insecure: o.Secret == ""},
		Limits:    outcry.Limits{MaxConnections: maxConnections, MaxUnauthenticated: maxConnections},
		Timing:    outcry.Timing{DrainTimeout: drainTimeout},
		Transport: transport,
		Logger:    slog.New(slog.DiscardHandler),
	}
	cfg.Compression.Enabled = o.Compression
	if o.Secret != "" {
		v, err := jwtauth.New(jwtauth.Config{Secret: []byte(o.Secret)})
		if err != nil {
			return nil, err
		}
		cfg.Access.Authenticator = v
	}
	node, err := outcry.New(cfg)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{
		node: node, stop: stop, ran: make(chan error, 1),
		server: &http.Server{Handler: node, ReadHeaderTimeout: headerTimeout},
	}
	go func() { h.ran <- node.Run(ctx) }()
	if err := h.awaitReady(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// awaitReady blocks until the node admits clients.
func (h *Hub) awaitReady() error {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	deadline := time.After(startTimeout)
	for {
		err := h.node.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-poll.C:
		case <-deadline:
			return err
		}
	}
}

// Serve implements hub.Hub.
func (h *Hub) Serve(ln net.Listener) error {
	if err := h.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Publish implements hub.Hub.
func (h *Hub) Publish(channel string, payload []byte) error {
	_, err := h.node.Publish(context.Background(), outcry.Message{Channel: channel, Object: json.RawMessage(payload)})
	return err
}

// Close implements hub.Hub.
func (h *Hub) Close() error {
	h.once.Do(func() {
		err := h.server.Close()
		h.stop()
		h.closed = errors.Join(err, <-h.ran)
	})
	return h.closed
}
