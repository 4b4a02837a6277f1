package outcry

import (
	"context"
	"encoding/json"

	"github.com/outcry-dev/outcry/protocol"
)

// Hooks are optional functions called at the events of a connection. They run
// on the connection's serial executor, never on a Loop, one at a time per
// connection and in the order of the events; OnDisconnect comes last. They may
// block: only their own connection waits. A panic in a hook costs the command
// it was called for, which is answered with code internal; in OnConnect it
// refuses the client.
type Hooks struct {
	// OnConnect runs after authentication and before connection_established,
	// on the goroutine of the HTTP request or, for a login by message, on the
	// executor. It runs again when an anonymous client becomes a user by its
	// first token. It may return metadata (a JSON object of at most 1 KiB) that replaces
	// the identity's, or an error to refuse the client (4503).
	OnConnect func(ctx context.Context, c Client) (metadata json.RawMessage, err error)
	// OnDisconnect runs when a connection is gone that connection_established
	// was sent to. After OnConnect alone it does not run: the connection may
	// break before it is made.
	OnDisconnect func(ctx context.Context, c Client, code protocol.CloseCode, reason string)
	// OnSubscribe may refuse a subscription by returning an error.
	OnSubscribe func(ctx context.Context, c Client, channel string) error
	// OnUnsubscribe runs after the client left a channel other than by
	// disconnecting.
	OnUnsubscribe func(ctx context.Context, c Client, channel string)
	// OnPublish may change or refuse what a client publishes with the publish
	// command; chat_message and typing_indicator do not come by here.
	OnPublish func(ctx context.Context, c Client, m *Message) error
	// OnNotificationAck runs when a client acknowledges a notification.
	OnNotificationAck func(ctx context.Context, c Client, notificationID string)
}
