package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

// rawJSON is a JSON value in a struct that is marshalled.
type rawJSON = jsontext.Value

// Publication is one message to publish.
type Publication struct {
	Channel string
	// Object is a whole JSON object, delivered as it is. Only a Publisher
	// sends one.
	Object json.RawMessage
	// Data is any JSON value, delivered as the field "data" of a message of
	// type "message". Either it or Object is set.
	Data json.RawMessage
	// Event arrives beside Data.
	Event string
	// ID is the idempotency key, at most 128 bytes; it may be empty.
	ID string
	// Key names the row or instrument the publication is about.
	Key string
}

// Ack says what became of a publication.
type Ack struct {
	ID string
	// Seq and Cursor are the position in the channel's log; zero on channels
	// that keep none.
	Seq    uint64
	Cursor string
	// Duplicate says that the same ID had been published before.
	Duplicate bool
	// Durability is "memory" or "redis"; empty over WebSocket.
	Durability string
}

// Publish publishes Data over the connection and waits for the answer:
// *protocol.Error where the server refuses. After ErrLost, ErrBacklog or the
// end of ctx the publication may have happened; sending it again with the same
// ID is safe.
func (c *Client) Publish(ctx context.Context, p Publication) (Ack, error) {
	if p.Object != nil {
		return Ack{}, errors.New("publish: a whole object can only be published over the HTTP API; use Data")
	}
	s, err := c.session()
	if err != nil {
		return Ack{}, err
	}
	replies, err := s.roundTrip(ctx, &command{
		Type:      protocol.TypePublish,
		Channel:   p.Channel,
		Data:      rawJSON(p.Data),
		Event:     p.Event,
		MessageID: p.ID,
		Key:       p.Key,
	}, 1, nil)
	if err != nil {
		return Ack{}, fmt.Errorf("publish to %s: %w", p.Channel, err)
	}
	r := replies[0]
	if err := r.failure(); err != nil {
		return Ack{}, fmt.Errorf("publish to %s: %w", p.Channel, err)
	}
	return Ack{ID: r.MessageID, Seq: r.Seq, Cursor: r.Cursor, Duplicate: r.Duplicate}, nil
}

// Ping measures the time to the server and back through the protocol's ping.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	s, err := c.session()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := s.roundTrip(ctx, &command{Type: protocol.TypePing}, 1, nil); err != nil {
		return 0, fmt.Errorf("ping: %w", err)
	}
	return time.Since(began), nil
}
