package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// SendToClient sends a JSON object to one client of this node. The object is
// left as it is but for a timestamp added where it has none. Blocks until the
// client's Loop has queued it, at most a second. ErrNotFound: no such client
// here.
func (n *Node) SendToClient(ctx context.Context, clientID string, object json.RawMessage) (Receipt, error) {
	buf, err := n.direct(object)
	if err != nil {
		return Receipt{}, err
	}
	frame := wire.EndFrame(buf, wire.OpText)
	sent := make(chan int, 1)
	err = n.withClient(ctx, clientID, func(c *conn) bool {
		k := 0
		if c.publish(entry{frame: frame}, laneNormal, OverflowGap) {
			k = 1
		}
		sent <- k
		return c.state == StateConnected || k == 1
	})
	if err != nil {
		return Receipt{Partial: !errors.Is(err, ErrNotFound)}, err
	}
	return Receipt{Sent: <-sent}, nil
}

// SendToUser sends a JSON object to every connection of a user on this node,
// as SendToClient does. A user who is not connected is no error. It blocks as
// Publish does, and then at most a second for the count.
func (n *Node) SendToUser(ctx context.Context, userID string, object json.RawMessage) (Receipt, error) {
	if userID == "" {
		return Receipt{}, protocol.Errorf(protocol.CodeBadRequest, "user id is empty")
	}
	return n.sendInternal(ctx, prefixUser+userID, object)
}

// SendToGroup sends a JSON object to every connection of a group's users on
// this node. It blocks as SendToUser does.
func (n *Node) SendToGroup(ctx context.Context, group string, object json.RawMessage) (Receipt, error) {
	if err := checkGroup(group, "u"); err != nil {
		return Receipt{}, err
	}
	return n.sendInternal(ctx, prefixGroup+group, object)
}

// Broadcast sends a JSON object to every connected client of this node. It
// blocks as SendToUser does.
func (n *Node) Broadcast(ctx context.Context, object json.RawMessage) (Receipt, error) {
	return n.sendInternal(ctx, channelAll, object)
}

func (n *Node) sendInternal(ctx context.Context, channel string, object json.RawMessage) (Receipt, error) {
	buf, err := n.direct(object)
	if err != nil {
		return Receipt{}, err
	}
	t := newTally()
	if _, err := n.send(ctx, &Publication{Channel: channel}, buf, t); err != nil {
		return Receipt{}, err
	}
	return t.wait(ctx), nil
}

// direct encodes an object that goes to no channel; room for the frame's
// header is left in front.
func (n *Node) direct(object json.RawMessage) ([]byte, error) {
	buf := wire.BeginFrame(make([]byte, 0, wire.MaxHeader+len(object)+64))
	buf, err := protocol.AppendDirect(buf, []byte(object), time.Now())
	if err != nil {
		return nil, err
	}
	return buf, n.checkSize(len(buf) - wire.MaxHeader)
}
