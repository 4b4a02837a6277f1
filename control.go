package outcry

import (
	"context"
	"sync/atomic"
	"unicode/utf8"

	"github.com/outcry-dev/outcry/protocol"
)

// Subscribe subscribes a client of this node to a channel or pattern; the
// client is told by a subscription_result. Blocks until its Loop has done it,
// at most a second. Errors: ErrNotFound, *Error.
func (n *Node) Subscribe(ctx context.Context, clientID, channel string) error {
	if err := checkSubscribable(channel); err != nil {
		return err
	}
	done := make(chan *Error, 1)
	if err := n.withClient(ctx, clientID, func(c *conn) bool {
		if c.state != StateConnected {
			return false
		}
		c.subscribe(channel, joiner{then: func(e *Error) { done <- e }})
		return true
	}); err != nil {
		return err
	}
	got, err := collect(ctx, done, 1)
	if err == nil && got[0] != nil {
		return got[0]
	}
	return err
}

// Unsubscribe ends a client's subscription; the client is told by
// subscription_lost. Not being subscribed is no error. Blocks as Subscribe.
func (n *Node) Unsubscribe(ctx context.Context, clientID, channel string) error {
	if err := checkSubscribable(channel); err != nil {
		return err
	}
	return n.withClient(ctx, clientID, func(c *conn) bool {
		if c.state == StateConnected {
			c.revoke(channel, "unsubscribed by the server")
		}
		return c.state == StateConnected
	})
}

// SubscribeUser subscribes every connection of a user on this node and returns
// how many there are. Blocks until the Loops have answered, at most a second.
func (n *Node) SubscribeUser(ctx context.Context, userID, channel string) (int, error) {
	if err := checkSubscribable(channel); err != nil {
		return 0, err
	}
	return n.eachOf(ctx, userID, func(c *conn) { c.subscribe(channel, joiner{}) })
}

// UnsubscribeUser is the reverse of SubscribeUser; it returns how many
// connections were subscribed.
func (n *Node) UnsubscribeUser(ctx context.Context, userID, channel string) (int, error) {
	if err := checkSubscribable(channel); err != nil {
		return 0, err
	}
	var ended atomic.Int64
	_, err := n.eachOf(ctx, userID, func(c *conn) {
		if c.revoke(channel, "unsubscribed by the server") {
			ended.Add(1)
		}
	})
	return int(ended.Load()), err
}

// Disconnect closes a client's connection. The code must be one that a server
// may send: 1000, 1001, 1008, 1011 to 1013, or 3000 to 4999. Blocks until its
// Loop has begun to, at most a second. Errors: ErrNotFound, *Error.
func (n *Node) Disconnect(ctx context.Context, clientID string, code protocol.CloseCode, reason string) error {
	if err := checkClose(code, reason); err != nil {
		return err
	}
	return n.withClient(ctx, clientID, func(c *conn) bool {
		if !c.admitted() || c.state >= StateDisconnecting {
			return false
		}
		c.closeAfterFlush(code, reason)
		return true
	})
}

// DisconnectUser closes every connection of a user on this node and returns
// how many. Blocks as Disconnect.
func (n *Node) DisconnectUser(ctx context.Context, userID string, code protocol.CloseCode, reason string) (int, error) {
	if err := checkClose(code, reason); err != nil {
		return 0, err
	}
	return n.eachOf(ctx, userID, func(c *conn) { c.closeAfterFlush(code, reason) })
}

// maxCloseReason is what a Close frame holds beside the code, in bytes.
const maxCloseReason = 123

func checkClose(code protocol.CloseCode, reason string) error {
	switch {
	case !utf8.ValidString(reason):
		return protocol.Errorf(protocol.CodeBadRequest, "reason is not valid UTF-8")
	case len(reason) > maxCloseReason:
		return protocol.Errorf(protocol.CodeBadRequest, "reason of %d bytes; at most %d fit a Close frame", len(reason), maxCloseReason)
	case code == protocol.CloseNormal, code == protocol.CloseGoingAway, code == protocol.ClosePolicy,
		code >= protocol.CloseInternal && code <= 1013, code >= 3000 && code <= 4999:
		return nil
	}
	return protocol.Errorf(protocol.CodeBadRequest, "close code %d; a server may send 1000, 1001, 1008, 1011 to 1013 and 3000 to 4999", code)
}
