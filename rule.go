package outcry

// Rule says what the channels that match a pattern may do. A channel without
// a rule is live, mode all: subscribable by every client, published to by
// trusted callers only.
type Rule struct {
	// Match is a channel name or pattern: "*" stands for one dot-separated
	// segment, ">" as the last segment for all the rest.
	Match string
	// ClientPublish lets clients publish with the publish command.
	ClientPublish bool
	// Presence records who is subscribed.
	Presence bool
	// Priority is the lane of the channel's messages: PriorityNormal (the
	// zero value), PriorityHigh or PriorityLow.
	Priority Priority
	// Overflow says what happens when a client's queue is full.
	Overflow Overflow
}

// Priority orders the messages waiting for one client.
type Priority uint8

// The priorities.
const (
	PriorityNormal Priority = iota
	PriorityHigh
	PriorityLow
)

// Overflow is what happens when a client's queue is full.
type Overflow uint8

// The overflow policies.
const (
	// OverflowGap drops the oldest waiting publication and tells the client
	// how many it lost, once its queue has drained.
	OverflowGap Overflow = iota
	// OverflowClose closes the connection with 4003 slow_consumer.
	OverflowClose
)
