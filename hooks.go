package outcry

import (
	"context"
	"encoding/json"

	"github.com/outcry-dev/outcry/protocol"
)

// Hooks are optional functions called at the events of a connection. They run
// on the connection's serial executor, never on a Loop, one at a time per
// connection and in the order of the events; OnDisconnect comes last. They may
// block: only their own connection waits. A panic in a hook closes that
// connection with 1011.
type Hooks struct {
	// OnConnect runs after authentication and before connection_established.
	// It may return metadata (a JSON object of at most 1 KiB) that replaces
	// the identity's, or an error to refuse the client (4503).
	OnConnect func(ctx context.Context, c Client) (metadata json.RawMessage, err error)
	// OnDisconnect runs when the connection is gone.
	OnDisconnect func(ctx context.Context, c Client, code protocol.CloseCode, reason string)
	// OnSubscribe may refuse a subscription by returning an error.
	OnSubscribe func(ctx context.Context, c Client, channel string) error
	// OnUnsubscribe runs after the client left a channel other than by
	// disconnecting.
	OnUnsubscribe func(ctx context.Context, c Client, channel string)
	// OnPublish may change or refuse what a client publishes.
	OnPublish func(ctx context.Context, c Client, m *Message) error
	// OnNotificationAck runs when a client acknowledges a notification.
	OnNotificationAck func(ctx context.Context, c Client, notificationID string)
}

// Handler serves a custom message type. It runs on the connection's serial
// executor and may block; ctx ends when the connection does. A returned *Error
// is sent to the client as it is; any other error is logged and answered with
// code internal.
type Handler func(ctx context.Context, r *Request) error

// Request is one message of a custom type.
type Request struct {
	Client Client
	Type   string
	// Raw is the whole message, valid until the handler returns.
	Raw json.RawMessage
}

// Reply sends a JSON object to the client that sent the request; the request's
// id is added where it had one. v is marshalled unless it is a
// json.RawMessage.
func (r *Request) Reply(v any) error { panic("skeleton") }
