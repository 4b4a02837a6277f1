package settings

// Limits bound what one client, and all of them together, may take.
type Limits struct {
	MaxConnections     int
	MaxUnauthenticated int
	MaxMessageSize     int // bytes
	MaxFragments       int
	MaxChannels        int
}

func defaultLimits() Limits {
	return Limits{
		MaxConnections:     1000,
		MaxUnauthenticated: 100,
		MaxMessageSize:     1 << 20,
		MaxFragments:       64,
		MaxChannels:        1024,
	}
}

func limitKeys() []Key {
	return []Key{
		integer("max_connections", "Connections of this node; the next one gets HTTP 503.",
			1, 10_000_000, func(s *Settings) *int { return &s.Limits.MaxConnections }),
		integer("max_unauthenticated", "Connections that have not logged in yet, beside those that have.",
			1, 10_000_000, func(s *Settings) *int { return &s.Limits.MaxUnauthenticated }),
		integer("max_message_size", "Bytes of one message from a client.",
			128, 1<<30, func(s *Settings) *int { return &s.Limits.MaxMessageSize }),
		integer("max_fragments", "Frames of one message from a client.",
			1, 1<<20, func(s *Settings) *int { return &s.Limits.MaxFragments }),
		integer("max_channels", "Subscriptions of one client.",
			1, 1<<20, func(s *Settings) *int { return &s.Limits.MaxChannels }),
	}
}
