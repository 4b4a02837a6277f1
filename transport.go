package outcry

import (
	"fmt"
	"net/http"
	"runtime"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/protocol"
)

// Transport names a driver.
type Transport string

// The drivers. TransportAuto carries plain TCP and Unix sockets by epoll where
// there is one, and everything else (TLS, pipes, other systems) by goroutines.
// TransportEpoll exists on Linux only and refuses everything else.
const (
	TransportAuto      Transport = "auto"
	TransportEpoll     Transport = "epoll"
	TransportGoroutine Transport = "goroutine"
)

func (t Transport) check() error {
	switch t {
	case TransportAuto, TransportGoroutine:
		return nil
	case TransportEpoll:
		if runtime.GOOS == "linux" {
			return nil
		}
		return fmt.Errorf("Config.Transport %q exists on Linux only: use %q", t, TransportAuto)
	default:
		return fmt.Errorf("Config.Transport %q: allowed are %q, %q and %q", t, TransportAuto, TransportEpoll, TransportGoroutine)
	}
}

// carries refuses what only shows after the upgrade otherwise: that the driver
// cannot take the connection over.
func (t Transport) carries(r *http.Request) error {
	if t == TransportEpoll && r.TLS != nil {
		return protocol.Errorf(protocol.CodeUnavailable, "this node carries no TLS itself (transport: epoll)")
	}
	return nil
}

func (t Transport) driver() netpoll.Driver {
	switch t {
	case TransportEpoll:
		return netpoll.EpollOnly
	case TransportGoroutine:
		return netpoll.GoroutineOnly
	default:
		return netpoll.Auto
	}
}
