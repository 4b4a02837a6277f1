package outcry

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config says how a Node behaves. The zero value is a working configuration
// with the documented defaults, open to nobody: set Access.Authenticator, or
// Access.Insecure for a node that admits anonymous clients.
//
// For every number and duration zero means the default; for those that can be
// switched off, a negative value means off. New copies the struct; changing it
// afterwards has no effect.
type Config struct {
	// NodeName names this process in replies and logs. Default: the host name
	// and a random suffix.
	NodeName string
	Access   Access
	Limits   Limits
	Timing   Timing
	Queue    Queue
	// Compression offers permessage-deflate to clients that ask for it.
	Compression Compression
	// Rules describe channels; the first whose Match fits wins.
	Rules []Rule
	Hooks Hooks
	// Broker and Presence are what nodes share. Default: in memory.
	Broker   Broker
	Presence Presence
	// Transport selects the driver that carries bytes. Default: TransportAuto.
	Transport Transport
	// Loops is the number of event loops, 1 to 64. Default: GOMAXPROCS.
	Loops int
	// Logger receives the node's log. Default: slog.Default().
	Logger *slog.Logger
}

// Access says who may connect, and from where.
type Access struct {
	// Authenticator turns a token into an Identity. It is called on the
	// goroutine of the HTTP request or of the connection, never on a Loop.
	Authenticator Authenticator
	// Insecure admits clients without credentials. Without it and without an
	// Authenticator the node refuses everybody.
	Insecure bool
	// AllowedOrigins lists the exact origins (scheme://host[:port]) from which
	// browsers may connect. Default: ["*"], every origin.
	AllowedOrigins []string
	// AllowedHosts lists the Host header values that are served, without
	// port. Default: all.
	AllowedHosts []string
	// TrustedProxies lists the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// RefuseQueryToken turns "?token=T" off.
	RefuseQueryToken bool
}

// Limits bound what one client, and all of them together, may take.
type Limits struct {
	MaxConnections     int // clients of this node; default 1000
	MaxUnauthenticated int // connections beside them that have not logged in yet; default 100
	MaxMessageSize     int // bytes of one incoming message; default 1 MiB
	MaxFragments       int // frames of one incoming message; default 64
	MaxChannels        int // subscriptions of one client; default 1024
}

// Timing holds every interval and deadline.
type Timing struct {
	PingInterval      time.Duration // default 20 s; negative: no pings
	PingTimeout       time.Duration // default 10 s
	HeartbeatInterval time.Duration // default 30 s; negative: no heartbeats
	ConnectionTimeout time.Duration // default 60 s
	AuthTimeout       time.Duration // default 5 s
	MessageTimeout    time.Duration // first to last byte of one message; default 10 s
	WriteTimeout      time.Duration // a client that takes nothing for so long is closed; default 10 s
	DrainTimeout      time.Duration // default 20 s
	// FlushWindow is the longest that messages for one client wait for others
	// to leave with them. One that comes alone does not wait. Default 2 ms;
	// negative: off.
	FlushWindow time.Duration
}

// Queue bounds what waits for slow readers and for fan-out.
type Queue struct {
	Messages      int // messages waiting for one client; default 100
	Bytes         int // bytes waiting for one client; default 2 MiB
	InFlight      int // publications of this node not yet queued everywhere; default 1000
	InFlightBytes int // their bytes; default 64 MiB
	// SocketUnsent is TCP_NOTSENT_LOWAT in bytes; default 16 KiB, negative:
	// the kernel's own.
	SocketUnsent int
}

// Compression is permessage-deflate (RFC 7692). It trades CPU for bandwidth.
// What goes to one client or user alone is never compressed, and neither is a
// Message marked Secret: the size of a compressed text tells about its content.
type Compression struct {
	Enabled bool
	Level   int // 1, fastest, to 9, smallest; default 1
	MinSize int // bytes; smaller messages are sent as they are; default 256
}
