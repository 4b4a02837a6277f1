package outcry

import (
	"context"

	"github.com/outcry-dev/outcry/protocol"
)

// onNotificationAck confirms an acknowledgement and has the hook called.
func onNotificationAck(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	a, err := cmd.NotificationAck()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	if hook := n.cfg.Hooks.OnNotificationAck; hook != nil {
		hook(ctx, who.client(), a.NotificationID)
	}
	return func(c *conn) {
		c.reply(protocol.NotificationAckResponse{NotificationID: a.RawID, Timestamp: c.loop.wall, ID: cmd.ID})
	}
}
