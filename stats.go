package outcry

import (
	"context"
	"errors"
	"strings"

	"github.com/outcry-dev/outcry/protocol"
)

// isError reports whether a reply counts as an error.
func isError(m message) bool {
	switch r := m.(type) {
	case protocol.ErrorMessage:
		return true
	case protocol.SubscriptionResult:
		return !r.Success
	case protocol.UnsubscriptionResult:
		return !r.Success
	case protocol.PublishResult:
		return !r.Success
	case protocol.AuthResult:
		return !r.Success
	}
	return false
}

// loopStats is one Loop's share of Stats.
type loopStats struct {
	counters
	subscriptions, messages, bytes int
}

// Stats sums the counters of all Loops. Blocks until they have answered, at
// most a second; those that did not are left out and Partial is set.
func (n *Node) Stats(ctx context.Context) (Stats, error) {
	parts, err := ask(ctx, n, (*loop).stats)
	s := Stats{
		ActiveConnections: int(n.active.Load()),
		Unauthenticated:   int(n.unauthenticated.Load()),
		Panics:            uint64(n.panics.Load()),
		Channels:          n.interest.count(func(ch string) bool { return !internal(ch) }),
		UsersWithConns:    n.interest.count(func(ch string) bool { return strings.HasPrefix(ch, prefixUser) }),
		InFlight:          int(n.credits.taken.Load()),
		PublishWaits:      uint64(n.credits.waits.Load()),
		LogDropped:        n.ring.queue.dropped.Load(),
	}
	for _, p := range parts {
		s.TotalConnections += p.accepted
		s.MessagesSent += p.sent
		s.MessagesReceived += p.received
		s.Errors += p.errors
		s.Dropped += p.dropped
		s.Panics += p.panics
		s.Subscriptions += p.subscriptions
		s.QueuedMessages += p.messages
		s.QueuedBytes += p.bytes
	}
	if errors.Is(err, ErrUnavailable) {
		s.Partial, err = true, nil
	}
	return s, err
}

func (l *loop) stats() loopStats {
	s := loopStats{counters: l.count}
	for name, t := range l.hub.topics {
		if !internal(name) {
			s.subscriptions += len(t.members)
		}
	}
	for _, c := range l.table.slots {
		if c != nil && c.out != nil {
			s.messages += c.out.count
			s.bytes += c.out.bytes + c.out.replies + len(c.out.rest)
		}
	}
	return s
}
