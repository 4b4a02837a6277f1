package client

import (
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// State is where a Client stands.
type State int

// The states of a Client. Closed is final.
const (
	Connecting State = iota
	Connected
	Disconnected
	Closed
)

// String returns the name of s.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	default:
		return "closed"
	}
}

// Event is one change of state.
type Event struct {
	State State
	// Established is set where State is Connected.
	Established *protocol.ConnectionEstablished
	// Err is why the Client is Disconnected or Closed.
	Err error
	// Retry is the pause before the next attempt, where State is Disconnected.
	Retry time.Duration
}
