package settings

import "time"

// Timing holds the intervals and deadlines of connections. Zero is off where
// it is allowed.
type Timing struct {
	PingInterval      time.Duration
	PingTimeout       time.Duration
	HeartbeatInterval time.Duration
	ConnectionTimeout time.Duration
	AuthTimeout       time.Duration
	MessageTimeout    time.Duration
	WriteTimeout      time.Duration
	DrainTimeout      time.Duration
	FlushWindow       time.Duration
}

func defaultTiming() Timing {
	return Timing{
		PingInterval:      20 * time.Second,
		PingTimeout:       10 * time.Second,
		HeartbeatInterval: 30 * time.Second,
		ConnectionTimeout: 60 * time.Second,
		AuthTimeout:       5 * time.Second,
		MessageTimeout:    10 * time.Second,
		WriteTimeout:      10 * time.Second,
		DrainTimeout:      20 * time.Second,
		FlushWindow:       2 * time.Millisecond,
	}
}

func timingKeys() []Key {
	return []Key{
		switchable("ping_interval", "Time between WebSocket pings to a silent client.",
			minInterval, maxInterval, func(s *Settings) *time.Duration { return &s.Timing.PingInterval }),
		duration("ping_timeout", "Time a client has to answer a ping.",
			func(s *Settings) *time.Duration { return &s.Timing.PingTimeout }),
		switchable("heartbeat_interval", "Time between heartbeat messages to every client.",
			minInterval, maxInterval, func(s *Settings) *time.Duration { return &s.Timing.HeartbeatInterval }),
		duration("connection_timeout", "Time without any sign of a client after which it is closed, where pings do not find out sooner.",
			func(s *Settings) *time.Duration { return &s.Timing.ConnectionTimeout }),
		duration("auth_timeout", "Time a client has to log in with its first message.",
			func(s *Settings) *time.Duration { return &s.Timing.AuthTimeout }),
		duration("message_timeout", "Time from the first to the last byte of a client's message, or of the body of an API call.",
			func(s *Settings) *time.Duration { return &s.Timing.MessageTimeout }),
		duration("write_timeout", "Time after which a client that takes nothing is closed.",
			func(s *Settings) *time.Duration { return &s.Timing.WriteTimeout }),
		duration("drain_timeout", "Time over which connections are closed when the server stops.",
			func(s *Settings) *time.Duration { return &s.Timing.DrainTimeout }),
		switchable("flush_window", "The longest that messages for one client wait to be gathered into one write. One that comes alone does not wait.",
			10*time.Microsecond, time.Second, func(s *Settings) *time.Duration { return &s.Timing.FlushWindow }),
	}
}
