package outcry

import (
	"context"
	"encoding/json"
)

// Broker is what nodes share: ordered append-and-publish with history. The
// memory twin serves one node.
//
// All methods are safe for concurrent use.
type Broker interface {
	// Run connects the broker to the node and blocks until ctx ends. Every
	// publication for a channel this node has joined, its own included, is
	// handed to deliver, in the channel's order.
	Run(ctx context.Context, deliver func(*Publication)) error
	// Publish appends and publishes p in one step. It may block until ctx
	// ends; an error other than the context's means that nothing was done.
	Publish(ctx context.Context, p *Publication) (Ack, error)
	// Join tells the broker that this node has a first subscriber on channel,
	// and returns once publications of it are received.
	Join(ctx context.Context, channel string) error
	// Leave undoes Join. It does not block.
	Leave(channel string)
	// History reads the channel's log. ErrNoHistory: the channel has none.
	History(ctx context.Context, channel string, q HistoryQuery) (HistoryPage, error)
}

// HistoryQuery selects part of a log.
type HistoryQuery struct {
	Since string // cursor after which to begin; empty: the oldest
	Limit int    // at most so many messages; 0: 100
}

// HistoryPage is part of a log, oldest first.
type HistoryPage struct {
	Messages    []json.RawMessage
	Epoch       string
	Oldest, Top uint64
}

// Presence is who is on which channel. The memory twin serves one node.
//
// Join and Leave are called on a Loop and must not block: a twin that talks to
// a server queues and batches. Members may block until ctx ends.
type Presence interface {
	Join(channel string, m Member)
	Leave(channel string, m Member)
	Members(ctx context.Context, channel string) ([]Member, error)
}

// Member is one client present on a channel.
type Member struct {
	ClientID string
	UserID   string
}

// Publication is an encoded message on its way from a broker to subscribers.
type Publication struct {
	Channel string
}
