// Package hub is the contract of a server under test, and what the servers
// that speak Outcry's protocol have in common: the JSON of the conversation
// and the table of subscribers. What is left to each is what is compared: how
// its library moves bytes.
package hub

import "net"

// Hub is a server that passes publications on to the subscribers of a channel.
// Publish is called by one goroutine at a time, beside all else.
type Hub interface {
	// Serve serves WebSocket connections, at any path, and blocks until Close,
	// after which it returns nil.
	Serve(ln net.Listener) error
	// Publish sends payload, a JSON object that names its channel in the
	// member "channel", to every subscriber: encoded once, where the library
	// can. It keeps nothing of payload. It may return before the subscribers
	// have got the message; they get all messages of a channel in order.
	Publish(channel string, payload []byte) error
	// Close drops all connections and waits for the hub's goroutines. It may be
	// called again.
	Close() error
}

// Dialect is the protocol that a hub's clients speak.
type Dialect string

// The dialects. DialectOutcry is docs/protocol.md: connection_established on
// connecting, subscribe and subscription_result, publications as they are,
// ping and pong. DialectCentrifuge is centrifuge's bidirectional JSON protocol.
const (
	DialectOutcry     Dialect = "outcry"
	DialectCentrifuge Dialect = "centrifuge"
)

// Options say how a hub is set up. They travel to the server process as JSON.
type Options struct {
	// Compression offers permessage-deflate without context takeover, at
	// level 1 and for payloads of 256 bytes and more.
	Compression bool `json:"compression,omitzero"`
	// Secret is the HMAC key of the tokens that clients come with; empty:
	// they come with none. Only Outcry looks at it.
	Secret string `json:"secret,omitzero"`
}

// Entry is a server as the list of all servers has it.
type Entry struct {
	// Name is what the server is called on the command line and in results.
	Name string
	// Title is what it is called in tables.
	Title string
	// Module is the Go module whose version the results report; empty for what
	// has none.
	Module  string
	Dialect Dialect
	// Compresses says that New heeds Options.Compression.
	Compresses bool
	// New makes a hub that serves nobody yet.
	New func(Options) (Hub, error)
}
