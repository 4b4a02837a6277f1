package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxEchoedTimestamp bounds what a pong repeats, in bytes.
const maxEchoedTimestamp = 256

// Ping returns the client's timestamp as written: any JSON value. It is nil
// where absent, and where longer than 256 bytes: it is not repeated then.
func (c *Command) Ping() (clientTimestamp jsontext.Value) {
	v := c.value(fieldTimestamp)
	if len(v) > maxEchoedTimestamp {
		return nil
	}
	return v
}

// Pong answers a ping.
type Pong struct {
	Timestamp       time.Time
	ClientTimestamp jsontext.Value
	ID              jsontext.Value
}

// AppendJSON appends the message.
func (m Pong) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypePong)
	w.time("timestamp", m.Timestamp)
	if m.ClientTimestamp != nil {
		w.raw("client_timestamp", m.ClientTimestamp)
	}
	return w.reply(m.ID)
}
