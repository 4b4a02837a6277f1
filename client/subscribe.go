package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// resubscribeTimeout bounds the subscribing of one command after a reconnect.
const resubscribeTimeout = 30 * time.Second

// Subscription is the server's answer for one channel.
type Subscription struct {
	Channel string
	// MaxRate is the granted number of updates per second and key; 0: no limit.
	MaxRate float64
	// Err is an *protocol.Error where the server refused the channel.
	Err error
}

func (r *reply) subscription() Subscription {
	return Subscription{Channel: r.Channel, MaxRate: r.MaxRate, Err: r.failure()}
}

// Subscribe asks for the messages of channels or patterns and waits for the
// answers, one per channel, doubled names left out. The error concerns the
// whole command; what was answered before it is returned with it. Channels
// that succeed are subscribed again after every reconnect.
func (c *Client) Subscribe(ctx context.Context, channels ...string) ([]Subscription, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	remember := func(_ Message, r *reply) {
		if r.Success {
			c.remember(r.Channel)
		}
	}
	var out []Subscription
	for part := range slices.Chunk(distinct(channels), protocol.MaxChannelsPerCommand) {
		replies, err := s.roundTrip(ctx, &command{Type: protocol.TypeSubscribe, Channels: part}, len(part), remember)
		for i := range replies {
			out = append(out, replies[i].subscription())
		}
		if err != nil {
			return out, fmt.Errorf("subscribe: %w", err)
		}
	}
	return out, nil
}

// Unsubscribe ends subscriptions and waits for the answers. Without a
// connection it succeeds: the channels are not subscribed again.
func (c *Client) Unsubscribe(ctx context.Context, channels ...string) error {
	for _, name := range channels {
		c.forget(name)
	}
	s, err := c.session()
	if errors.Is(err, ErrNotConnected) {
		return nil
	}
	if err != nil {
		return err
	}
	var failures []error
	for part := range slices.Chunk(distinct(channels), protocol.MaxChannelsPerCommand) {
		replies, err := s.roundTrip(ctx, &command{Type: protocol.TypeUnsubscribe, Channels: part}, len(part), nil)
		for i := range replies {
			if err := replies[i].failure(); err != nil {
				failures = append(failures, fmt.Errorf("unsubscribe %s: %w", replies[i].Channel, err))
			}
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("unsubscribe: %w", err))
			break
		}
	}
	return errors.Join(failures...)
}

// resubscribe asks for all channels on a new connection. A channel that is
// refused now is given up, and the server's subscription_result goes to the
// inbox. A command that fails as a whole ends the connection, and the next one
// tries again.
func (c *Client) resubscribe(ctx context.Context, s *session) {
	seen := func(m Message, r *reply) {
		if !r.Success {
			c.forget(r.Channel)
			_ = s.deliver(ctx, m) // ends with the connection
		}
	}
	for part := range slices.Chunk(c.subscribed(), protocol.MaxChannelsPerCommand) {
		if err := c.resubscribePart(ctx, s, part, seen); err != nil {
			if ctx.Err() == nil && !errors.Is(err, ErrLost) {
				s.end(fmt.Errorf("subscribe again: %w", err))
			}
			return
		}
	}
}

func (c *Client) resubscribePart(ctx context.Context, s *session, part []string, seen func(Message, *reply)) error {
	ctx, cancel := context.WithTimeout(ctx, resubscribeTimeout)
	defer cancel()
	replies, err := s.roundTrip(ctx, &command{Type: protocol.TypeSubscribe, Channels: part}, len(part), seen)
	if err != nil {
		return err
	}
	// Unsubscribe may have run meanwhile, and its command may have gone first.
	var stale []string
	for i := range replies {
		if r := &replies[i]; r.Success && !c.wants(r.Channel) {
			stale = append(stale, r.Channel)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	_, err = s.roundTrip(ctx, &command{Type: protocol.TypeUnsubscribe, Channels: stale}, len(stale), nil)
	return err
}

func (c *Client) remember(channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channels[channel] = true
}

func (c *Client) forget(channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.channels, channel)
}

func (c *Client) wants(channel string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.channels[channel]
}

func (c *Client) subscribed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.channels))
}

// distinct keeps the first of equal names.
func distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	var out []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}
