package protocol

import "time"

// Reconnect announces a planned close: the client should connect again at a
// random moment within the given time.
type Reconnect struct {
	Within time.Duration
	Reason string // "drain"
}

// AppendJSON appends the message.
func (m Reconnect) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeReconnect)
	w.millis("within_ms", m.Within)
	w.text("reason", m.Reason)
	return w.end()
}
