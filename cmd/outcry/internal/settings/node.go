package settings

import (
	"time"

	"github.com/outcry-dev/outcry"
)

// Node is the engine's configuration. What is not configured but built, the
// Authenticator and the Logger, is left to the caller.
func (s *Settings) Node() outcry.Config {
	return outcry.Config{
		NodeName:  s.Listen.NodeName,
		Transport: outcry.Transport(s.Listen.Transport),
		Access: outcry.Access{
			Insecure:         !s.Access.RequireAuth,
			AllowedOrigins:   s.Access.AllowedOrigins,
			AllowedHosts:     s.Access.AllowedHosts,
			TrustedProxies:   s.Access.TrustedProxies,
			RefuseQueryToken: !s.Access.TokenInQuery,
		},
		Limits: outcry.Limits{
			MaxConnections:     s.Limits.MaxConnections,
			MaxUnauthenticated: s.Limits.MaxUnauthenticated,
			MaxMessageSize:     s.Limits.MaxMessageSize,
			MaxFragments:       s.Limits.MaxFragments,
			MaxChannels:        s.Limits.MaxChannels,
		},
		Timing: s.Timing.node(),
		Queue: outcry.Queue{
			Messages:      s.Queue.Messages,
			Bytes:         s.Queue.Bytes,
			InFlight:      s.Queue.InFlight,
			InFlightBytes: s.Queue.InFlightBytes,
			SocketUnsent:  offIfZero(s.Queue.SocketUnsent),
		},
		Compression: outcry.Compression(s.Compression),
		Rules:       nodeRules(s.Rules),
	}
}

func (t *Timing) node() outcry.Timing {
	return outcry.Timing{
		PingInterval:      offIfZero(t.PingInterval),
		PingTimeout:       t.PingTimeout,
		HeartbeatInterval: offIfZero(t.HeartbeatInterval),
		ConnectionTimeout: t.ConnectionTimeout,
		AuthTimeout:       t.AuthTimeout,
		MessageTimeout:    t.MessageTimeout,
		WriteTimeout:      t.WriteTimeout,
		DrainTimeout:      t.DrainTimeout,
		FlushWindow:       offIfZero(t.FlushWindow),
	}
}

// offIfZero translates off: zero to a user, but negative to the engine, where
// zero is the default.
func offIfZero[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

func nodeRules(rules []Rule) []outcry.Rule {
	out := make([]outcry.Rule, 0, len(rules))
	for _, r := range rules {
		out = append(out, outcry.Rule{
			Match:         r.Match,
			ClientPublish: r.ClientPublish,
			Presence:      r.Presence,
			Priority:      priority(r.Priority),
			Overflow:      overflow(r.Overflow),
		})
	}
	return out
}

func priority(name string) outcry.Priority {
	switch name {
	case "high":
		return outcry.PriorityHigh
	case "low":
		return outcry.PriorityLow
	}
	return outcry.PriorityNormal
}

func overflow(name string) outcry.Overflow {
	if name == "close" {
		return outcry.OverflowClose
	}
	return outcry.OverflowGap
}
