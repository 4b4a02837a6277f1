package service

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/demo"
)

// Run opens the listeners and serves until ctx ends or something fails. Then
// it drains the connections, for which it goes on serving, and shuts down.
func (s *Service) Run(ctx context.Context) error {
	endpoints, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.announce(endpoints)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	for _, e := range endpoints {
		group.Go(e.serve)
	}
	if s.cfg.Demo != nil {
		group.Go(func() error { return s.feed(ctx) })
	}
	errs := []error{s.node.Run(ctx)}
	stop() // where the node ended by itself
	s.cfg.Logger.Info("connections drained, shutting down")
	for _, e := range endpoints {
		errs = append(errs, e.shutdown(ctx))
	}
	return errors.Join(append(errs, group.Wait())...)
}

// listen opens the public endpoint and, where configured, the admin endpoint.
func (s *Service) listen(ctx context.Context) ([]*endpoint, error) {
	l := &s.cfg.Settings.Listen
	public, err := s.open(ctx, "address", l.Address, s.publicRoutes())
	if err != nil {
		return nil, err
	}
	if l.AdminAddress == "" {
		return []*endpoint{public}, nil
	}
	admin, err := s.open(ctx, "admin_address", l.AdminAddress, s.adminRoutes())
	if err != nil {
		return nil, errors.Join(err, public.listener.Close())
	}
	return []*endpoint{public, admin}, nil
}

// feed publishes the demo market, once the node serves, until ctx ends.
func (s *Service) feed(ctx context.Context) error {
	for s.node.Ready() != nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(readyPoll):
		}
	}
	options := *s.cfg.Demo
	options.Logger = s.cfg.Logger
	return demo.Run(ctx, func(ctx context.Context, m outcry.Message) error {
		_, err := s.node.Publish(ctx, m)
		return err
	}, options)
}

// readyPoll is how often the feed looks whether the node serves yet.
const readyPoll = 10 * time.Millisecond

// announce says where the service can be reached.
func (s *Service) announce(endpoints []*endpoint) {
	public, admin := endpoints[0].listener.Addr(), net.Addr(nil)
	host := hostOf(public)
	attrs := []any{
		slog.String("websocket", "ws://"+host+"/ws"),
		slog.String("api", "http://"+host+"/api/v1"),
		slog.String("health", "http://"+host+"/healthz"),
	}
	if s.cfg.Dev && s.cfg.Page != nil {
		attrs = append(attrs, slog.String("page", "http://"+host+"/"))
	}
	if len(endpoints) > 1 {
		admin = endpoints[1].listener.Addr()
		attrs = append(attrs, slog.String("admin", "http://"+hostOf(admin)))
	}
	s.cfg.Logger.Info("serving", attrs...)
	if s.cfg.Ready != nil {
		s.cfg.Ready(public, admin)
	}
}

// hostOf is how a client on this machine names the listener at addr.
func hostOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
