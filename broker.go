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
	// Run connects the broker and blocks until ctx ends. Every publication for
	// a channel this node has joined, its own included, goes to sink.Deliver
	// in the channel's order; sink.Ready says when the broker can serve.
	Run(ctx context.Context, sink Sink) error
	// Publish appends and publishes p in one step. It may block until ctx
	// ends. p itself is handed to the sink, if at all, before Publish returns;
	// later only a copy, made by NewPublication. ErrUnavailable: nothing was
	// done; so it is before Run is ready and after it has returned.
	Publish(ctx context.Context, p *Publication) (Ack, error)
	// Join tells the broker that a Loop of this node has a first subscriber on
	// channel; joins of one channel are counted. It does not block. It returns
	// true if publications of the channel are received from now on; otherwise
	// ready is called later, once, on a goroutine of the broker.
	Join(channel string, ready func(error)) bool
	// Leave undoes one Join, also one that has failed or is not confirmed yet.
	// It does not block.
	Leave(channel string)
	// History reads the channel's log. It may block until ctx ends.
	// ErrNoHistory: the channel has none.
	History(ctx context.Context, channel string, q HistoryQuery) (HistoryPage, error)
}

// Sink is where a Broker delivers. Safe for concurrent use; neither method
// blocks.
type Sink interface {
	// Deliver hands p to the subscribers on this node. It may compress p, so no
	// lock should be held that others wait for.
	Deliver(p *Publication)
	// Ready(nil) says that the broker can serve, Ready(err) that it cannot and
	// why. Before the first call it cannot.
	Ready(err error)
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
	// Join counts: a member is there until it has left as often as it joined.
	Join(channel string, m Member)
	// Leave undoes one Join; without one it does nothing.
	Leave(channel string, m Member)
	// Members returns who is there, sorted by client id.
	Members(ctx context.Context, channel string) ([]Member, error)
}

// Member is one client present on a channel.
type Member struct {
	ClientID string
	UserID   string
}
