package protocol

import "time"

// ConnectionEstablished is the first message of a connection whose client is
// known and admitted.
type ConnectionEstablished struct {
	ClientID  string
	Timestamp time.Time
	// Session is the secret with which the client can take over its own
	// client id.
	Session           string
	UserID            string
	Node              string
	HeartbeatInterval time.Duration // 0 or less: none are sent
	Limits            Limits
}

// Limits are those a client has to keep.
type Limits struct {
	MaxMessageSize int // bytes
	MaxChannels    int
}

// AppendJSON appends the message.
func (m ConnectionEstablished) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeConnectionEstablished)
	w.text("client_id", m.ClientID)
	w.time("timestamp", m.Timestamp)
	w.textIf("session", m.Session)
	w.textIf("user_id", m.UserID)
	w.textIf("node", m.Node)
	w.seconds("heartbeat_interval", m.HeartbeatInterval)
	w.name("limits")
	limits := writer{b: append(w.b, '{')}
	limits.integer("max_message_size", int64(m.Limits.MaxMessageSize))
	limits.integer("max_channels", int64(m.Limits.MaxChannels))
	w.b = limits.end()
	return w.end()
}
