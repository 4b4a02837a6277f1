package outcry

import (
	"context"

	"github.com/outcry-dev/outcry/protocol"
)

// onUnsubscribe serves unsubscribe. Not being subscribed is a success too.
// Nothing of the channel follows the result.
func (c *conn) onUnsubscribe(cmd *protocol.Command) {
	u, err := cmd.Unsubscribe()
	if err != nil {
		c.refuse(err, cmd.ID)
		return
	}
	for _, ch := range u.Channels {
		err := checkSubscribable(ch)
		if err == nil {
			c.unsubscribe(ch)
		}
		c.reply(protocol.UnsubscriptionResult{Channel: ch, Success: err == nil, Error: err, ID: cmd.ID})
	}
}

// unsubscribe ends c's subscription and has the hook called. It reports
// whether there was one.
func (c *conn) unsubscribe(channel string) bool {
	i := c.find(channel)
	if i < 0 {
		return false
	}
	c.end(i)
	n := c.loop.node
	if hook := n.cfg.Hooks.OnUnsubscribe; hook != nil {
		c.doNext(job{hook: true, serial: func(ctx context.Context, who *session) outcome {
			hook(ctx, who.client(), channel)
			return nil
		}})
	}
	return true
}

// revoke ends a subscription by the server's will and tells the client.
func (c *conn) revoke(channel, reason string) bool {
	if !c.unsubscribe(channel) {
		return false
	}
	c.reply(protocol.SubscriptionLost{Channel: channel, Reason: reason})
	return true
}
