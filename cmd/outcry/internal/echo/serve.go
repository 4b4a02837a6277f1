// Package echo is a WebSocket server that sends every message back. It stands
// on the same frames and drivers as the service, so that conformance suites
// can be run against these without speaking the service's protocol.
//
// As in the service, few loops carry all connections, and everything of a
// connection belongs to the goroutine of its loop.
package echo

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
)

// Config is what a server is made of.
type Config struct {
	Driver         netpoll.Driver
	MaxMessageSize int // bytes; a compressed message counts as what it inflates to
	Logger         *slog.Logger
	// Ready, where not nil, is called once peers are served.
	Ready func()
}

const (
	// handshakeTimeout bounds each half of a handshake.
	handshakeTimeout = 5 * time.Second
	maxHeader        = 32 << 10
	// unsent is what the kernel holds for a peer that does not read, in bytes.
	unsent = 16 << 10
	// deflateLevel is the fastest.
	deflateLevel = 1
)

// server is what the loops have in common.
type server struct {
	Config
	deflater *wire.Deflater
	loops    []*loop
	next     atomic.Uint32
	// requests is held for reading by whoever serves a request: net/http does
	// not wait for those whose connection was hijacked.
	requests sync.RWMutex
	ended    bool // guarded by requests
}

// Serve answers the peers that connect to listener until ctx ends, closes them
// with 1001, and returns nil. It closes listener in any case.
//
// A panic is not recovered: whoever tests the transport wants to see it.
func Serve(ctx context.Context, listener net.Listener, cfg Config) error {
	s := &server{Config: cfg, deflater: wire.NewDeflater(deflateLevel)}
	if err := s.makeLoops(runtime.GOMAXPROCS(0)); err != nil {
		return errors.Join(err, listener.Close())
	}
	web := s.web()
	group, running := errgroup.WithContext(ctx)
	for _, l := range s.loops {
		group.Go(l.run)
	}
	group.Go(func() error {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		err := web.Close()
		s.endRequests()
		for _, l := range s.loops {
			l.end()
		}
		return err
	})
	if s.Ready != nil {
		s.Ready()
	}
	return group.Wait()
}

// endRequests returns once no request is being served and none will be.
func (s *server) endRequests() {
	s.requests.Lock()
	defer s.requests.Unlock()
	s.ended = true
}

func (s *server) makeLoops(n int) error {
	for range n {
		poll, err := netpoll.New(netpoll.Options{Unsent: unsent, Driver: s.Driver})
		if err != nil {
			for _, l := range s.loops {
				err = errors.Join(err, l.poll.Close())
			}
			return err
		}
		s.loops = append(s.loops, &loop{server: s, poll: poll})
	}
	return nil
}

// web is the HTTP server for the handshakes.
func (s *server) web() *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true) // a WebSocket handshake needs nothing newer
	return &http.Server{
		Handler:        s,
		ReadTimeout:    handshakeTimeout,
		WriteTimeout:   handshakeTimeout,
		MaxHeaderBytes: maxHeader,
		Protocols:      &protocols,
		ErrorLog:       slog.NewLogLogger(s.Logger.Handler(), slog.LevelWarn),
	}
}
