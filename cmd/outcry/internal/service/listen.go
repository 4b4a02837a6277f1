package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

const (
	// maxHeader bounds a request's header; the longest token is 8 KiB.
	maxHeader   = 32 << 10
	idleTimeout = time.Minute
	// shutdownTimeout is how long requests in flight may take once every
	// connection has been drained.
	shutdownTimeout = 5 * time.Second
)

// endpoint is an open listener and the HTTP server for it.
type endpoint struct {
	listener net.Listener
	server   *http.Server
}

// Listen listens on the address that key, a setting or a flag, was set to.
func Listen(ctx context.Context, key, address string) (net.Listener, error) {
	var cfg net.ListenConfig
	listener, err := cfg.Listen(ctx, "tcp", address)
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err // the rest repeats the address
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %q: cannot listen: %w; end what listens there, or give another %s", key, address, err, key)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %q: cannot listen: %w", key, address, err)
	}
	return listener, nil
}

// open makes the endpoint at the address that key was set to.
func (s *Service) open(ctx context.Context, key, address string, handler http.Handler) (*endpoint, error) {
	listener, err := Listen(ctx, key, address)
	if err != nil {
		return nil, err
	}
	return &endpoint{listener, newServer(s.cfg.Settings, handler, s.cfg.Logger)}, nil
}

// newServer bounds everything a client can make the server wait for. The
// deadlines end with a request; those of WebSocket connections are the node's.
func newServer(cfg *settings.Settings, handler http.Handler, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true) // a WebSocket handshake needs nothing newer
	t := &cfg.Timing
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: cfg.Listen.HeaderTimeout,
		ReadTimeout:       cfg.Listen.HeaderTimeout + t.MessageTimeout,
		WriteTimeout:      t.MessageTimeout + t.WriteTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         &protocols,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serve blocks until shutdown.
func (e *endpoint) serve() error {
	if err := e.server.Serve(e.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", e.listener.Addr(), err)
	}
	return nil
}

// shutdown lets the requests in flight finish, but not for ever.
func (e *endpoint) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("shut down %s: %w", e.listener.Addr(), err), e.server.Close())
	}
	return nil
}
