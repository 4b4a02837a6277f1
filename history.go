package outcry

import (
	"context"

	"github.com/outcry-dev/outcry/protocol"
)

// onHistory reads a channel's log.
func onHistory(ctx context.Context, n *Node, _ *session, cmd *protocol.Command) outcome {
	h, err := cmd.History()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	page, failure := n.History(ctx, h.Channel, HistoryQuery{Since: h.Since, Limit: h.Limit})
	if failure != nil {
		return refusal(n, failure, cmd.ID)
	}
	return func(c *conn) {
		c.reply(protocol.HistoryResult{Channel: h.Channel, Messages: page.Messages, Epoch: page.Epoch, Oldest: page.Oldest, Top: page.Top, ID: cmd.ID})
	}
}

// History reads a channel's log. It may block until ctx ends. ErrNoHistory:
// the channel keeps none.
func (n *Node) History(ctx context.Context, channel string, q HistoryQuery) (HistoryPage, error) {
	if err := protocol.CheckChannel(channel); err != nil {
		return HistoryPage{}, err
	}
	return n.cfg.Broker.History(ctx, channel, q)
}
