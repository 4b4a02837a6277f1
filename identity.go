package outcry

import (
	"context"
	"encoding/json"
	"time"
)

// Authenticator turns a token into an Identity.
//
// Authenticate may block until ctx ends and is called from many goroutines.
// An error that is (or wraps) ErrUnavailable means "cannot tell now" and is
// answered with 503; every other error refuses the token, and its text goes to
// the log, never to the client.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (Identity, error)
}

// Identity is who a client is, as its token says.
type Identity struct {
	UserID   string
	Roles    []string
	Groups   []string
	Channels []string // subscribed by the server on connect
	// Metadata is a JSON object of at most 1 KiB, shown in ClientInfo.
	Metadata json.RawMessage
	// ExpiresAt ends the connection unless the client renews its token. Zero:
	// never.
	ExpiresAt time.Time
}

// Client names a connected client to hooks and handlers. It is a copy.
type Client struct {
	ID         string
	Identity   Identity
	RemoteAddr string // "ip:port"; the address a trusted proxy reported
}

// State is the stage of a connection's life.
type State uint8

// The states, in order.
const (
	StateConnecting State = iota
	StateConnected
	StateDisconnecting
	StateDisconnected
)

// String returns the name as the HTTP API shows it.
func (s State) String() string {
	switch s {
	case StateConnecting:
		return "connecting"
	case StateConnected:
		return "connected"
	case StateDisconnecting:
		return "disconnecting"
	case StateDisconnected:
		return "disconnected"
	}
	return "unknown"
}
