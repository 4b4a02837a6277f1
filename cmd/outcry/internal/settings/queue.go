package settings

// Queue bounds what waits for slow clients and for fan-out.
type Queue struct {
	Messages      int
	Bytes         int
	InFlight      int
	InFlightBytes int
	SocketUnsent  int // zero: the kernel's own
}

func defaultQueue() Queue {
	return Queue{
		Messages:      100,
		Bytes:         2 << 20,
		InFlight:      1000,
		InFlightBytes: 64 << 20,
		SocketUnsent:  16 << 10,
	}
}

func queueKeys() []Key {
	return []Key{
		integer("message_queue_size", "Messages that wait for one client that reads too slowly.",
			1, 1<<20, func(s *Settings) *int { return &s.Queue.Messages }),
		integer("queue_bytes", "Bytes that wait for one client; at least max_message_size + 4096.",
			1, 1<<30, func(s *Settings) *int { return &s.Queue.Bytes }),
		integer("broadcast_buffer_size", "Publications of this node that are not yet in every queue; the next one waits.",
			1, 1<<24, func(s *Settings) *int { return &s.Queue.InFlight }),
		integer("broadcast_buffer_bytes", "Bytes of those publications; at least max_message_size + 4096.",
			1, 1<<31-1, func(s *Settings) *int { return &s.Queue.InFlightBytes }),
		integer("socket_unsent", "Bytes the kernel may hold unsent for one client; 0: the kernel's own limit.",
			0, 1<<30, func(s *Settings) *int { return &s.Queue.SocketUnsent }),
	}
}
