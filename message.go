package outcry

import (
	"encoding/json"

	"github.com/outcry-dev/outcry/protocol"
)

// Message is one publication. Exactly one of Object and Data is set.
type Message struct {
	// Channel is where it goes. Names: protocol.CheckChannel.
	Channel string
	// Object is a whole JSON object, sent as it is with type, timestamp and
	// channel added where they are missing.
	Object json.RawMessage
	// Data is any JSON value, delivered as the field "data" of a message of
	// type "message".
	Data json.RawMessage
	// Event arrives beside Data.
	Event string
	// ID is the publisher's idempotency key, at most 128 bytes.
	ID string
	// Key names the row or instrument this publication is about; publications
	// of one key may replace each other where a rule says so.
	Key string
	// Secret keeps the message from being compressed, so that its size says
	// nothing about its content.
	Secret bool

	from sender
}

// sender is the client that published, if one did.
type sender struct{ clientID, userID string }

// Ack says what became of a publication.
type Ack struct {
	// ID is the publisher's message id; empty where it gave none.
	ID string
	// Seq and Cursor are the position in the channel's log; zero on live
	// channels.
	Seq    uint64
	Cursor string
	// Duplicate says that the same ID had been published before.
	Duplicate bool
	// Durability is "memory" or "redis".
	Durability string
}

// Receipt counts the connections in whose queue a message was placed.
type Receipt struct {
	Sent int
	// Partial says that some Loop did not report within a second, so that Sent
	// is a lower bound.
	Partial bool
}

// Error is an error a client or API caller may see: a code of the table in
// package protocol, and a text.
type Error = protocol.Error
