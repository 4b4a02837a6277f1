package outcry

import (
	"encoding/json"
	"time"
)

// Stats are the counters of this node since Run.
type Stats struct {
	TotalConnections  uint64 // accepted since start
	ActiveConnections int
	Unauthenticated   int
	MessagesSent      uint64 // frames wholly handed to the kernel
	MessagesReceived  uint64 // complete data messages
	Errors            uint64 // error replies and abnormal closes
	Dropped           uint64 // publications dropped for slow clients
	Panics            uint64
	Subscriptions     int
	Channels          int // channels with a subscriber, internal ones not counted
	UsersWithConns    int
	QueuedMessages    int // waiting for clients now
	QueuedBytes       int
	InFlight          int    // publications not yet queued everywhere
	PublishWaits      uint64 // publications that had to wait for room
	LogDropped        uint64 // log records dropped because the log did not keep up
	Partial           bool   // some Loop did not answer in time
}

// ClientInfo describes one connection.
type ClientInfo struct {
	ID          string
	UserID      string
	Channels    []string // sorted; internal channels left out
	Groups      []string
	State       State
	ConnectedAt time.Time
	LastPing    time.Time // last ping the client sent; zero: none
	LastPong    time.Time // last pong frame or message; zero: none
	Metadata    json.RawMessage
	RemoteAddr  string
}

// ChannelInfo describes one channel on this node.
type ChannelInfo struct {
	Name        string
	Subscribers int
	// ClientIDs are the subscribers, sorted; filled by Node.Channel only.
	ClientIDs []string
}

// UserInfo describes one user on this node.
type UserInfo struct {
	ID          string
	Connections int
}

// Page asks for part of a sorted list: at most Limit entries (default 100, at
// most 1000) whose name is greater than After.
type Page struct {
	After string
	Limit int
}
