package protocol

import "time"

// Degraded tells that the node cannot make sure that it sees every
// publication.
type Degraded struct {
	Reason    string
	Timestamp time.Time
}

// AppendJSON appends the message.
func (m Degraded) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeDegraded)
	w.text("reason", m.Reason)
	w.time("timestamp", m.Timestamp)
	return w.end()
}

// Restored ends what Degraded began.
type Restored struct {
	Timestamp time.Time
}

// AppendJSON appends the message.
func (m Restored) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeRestored)
	w.time("timestamp", m.Timestamp)
	return w.end()
}
