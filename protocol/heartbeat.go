package protocol

import "time"

// Heartbeat tells a client that the connection lives.
type Heartbeat struct {
	Timestamp time.Time
}

// AppendJSON appends the message.
func (m Heartbeat) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeHeartbeat)
	w.time("timestamp", m.Timestamp)
	return w.end()
}
