package outcry

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// maxLoops is the width of the bit set that says which Loops are interested in
// a channel.
const maxLoops = 64

// withDefaults returns c with every zero replaced by its default. It shares no
// slice with c.
func (c Config) withDefaults() Config {
	if c.NodeName == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "node"
		}
		c.NodeName = host + "-" + strings.ToLower(rand.Text()[:6])
	}
	c.Access = c.Access.withDefaults()
	c.Rules = slices.Clone(c.Rules)
	c.Limits = c.Limits.withDefaults()
	c.Timing = c.Timing.withDefaults()
	c.Queue = c.Queue.withDefaults()
	c.Compression = c.Compression.withDefaults()
	c.Transport = cmp.Or(c.Transport, TransportAuto)
	c.Loops = cmp.Or(c.Loops, min(runtime.GOMAXPROCS(0), maxLoops))
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Broker == nil {
		c.Broker = newMemoryBroker()
	}
	if c.Presence == nil {
		c.Presence = newMemoryPresence()
	}
	return c
}

func (a Access) withDefaults() Access {
	a.AllowedOrigins = slices.Clone(a.AllowedOrigins)
	if len(a.AllowedOrigins) == 0 {
		a.AllowedOrigins = []string{"*"}
	}
	a.AllowedHosts = slices.Clone(a.AllowedHosts)
	a.TrustedProxies = slices.Clone(a.TrustedProxies)
	return a
}

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxConnections:     cmp.Or(l.MaxConnections, 1000),
		MaxUnauthenticated: cmp.Or(l.MaxUnauthenticated, 100),
		MaxMessageSize:     cmp.Or(l.MaxMessageSize, 1<<20),
		MaxFragments:       cmp.Or(l.MaxFragments, 64),
		MaxChannels:        cmp.Or(l.MaxChannels, 1024),
	}
}

func (t Timing) withDefaults() Timing {
	return Timing{
		PingInterval:      cmp.Or(t.PingInterval, 20*time.Second),
		PingTimeout:       cmp.Or(t.PingTimeout, 10*time.Second),
		HeartbeatInterval: cmp.Or(t.HeartbeatInterval, 30*time.Second),
		ConnectionTimeout: cmp.Or(t.ConnectionTimeout, 60*time.Second),
		AuthTimeout:       cmp.Or(t.AuthTimeout, 5*time.Second),
		MessageTimeout:    cmp.Or(t.MessageTimeout, 10*time.Second),
		WriteTimeout:      cmp.Or(t.WriteTimeout, 10*time.Second),
		DrainTimeout:      cmp.Or(t.DrainTimeout, 20*time.Second),
		FlushWindow:       cmp.Or(t.FlushWindow, 2*time.Millisecond),
	}
}

func (q Queue) withDefaults() Queue {
	return Queue{
		Messages:      cmp.Or(q.Messages, 100),
		Bytes:         cmp.Or(q.Bytes, 2<<20),
		InFlight:      cmp.Or(q.InFlight, 1000),
		InFlightBytes: cmp.Or(q.InFlightBytes, 64<<20),
		SocketUnsent:  cmp.Or(q.SocketUnsent, 16<<10),
	}
}

func (c Compression) withDefaults() Compression {
	c.Level = cmp.Or(c.Level, 1)
	c.MinSize = cmp.Or(c.MinSize, 256)
	return c
}
