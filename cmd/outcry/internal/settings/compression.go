package settings

// Compression is permessage-deflate (RFC 7692).
type Compression struct {
	Enabled bool
	Level   int
	MinSize int // bytes
}

func defaultCompression() Compression { return Compression{Level: 1, MinSize: 256} }

func compressionKeys() []Key {
	return []Key{
		boolean("compression.enabled", "Offer permessage-deflate (RFC 7692), and compress publications for the clients that accept it.",
			func(s *Settings) *bool { return &s.Compression.Enabled }),
		integer("compression.level", "From 1, the fastest, to 9, the smallest.",
			1, 9, func(s *Settings) *int { return &s.Compression.Level }),
		integer("compression.min_size", "Bytes from which on a message is compressed; smaller ones are sent as they are.",
			1, 1<<30, func(s *Settings) *int { return &s.Compression.MinSize }),
	}
}
