package outcry

import (
	"context"

	"github.com/outcry-dev/outcry/protocol"
)

// onPresence lists who is on a channel.
func onPresence(ctx context.Context, n *Node, _ *session, cmd *protocol.Command) outcome {
	channel, err := cmd.Presence()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	members, failure := n.Members(ctx, channel)
	if failure != nil {
		return refusal(n, failure, cmd.ID)
	}
	list := make([]protocol.Member, len(members))
	for i, m := range members {
		list[i] = protocol.Member(m)
	}
	return func(c *conn) {
		c.reply(protocol.PresenceResult{Channel: channel, Members: list, Count: len(list), ID: cmd.ID})
	}
}

// Members returns who is present on a channel, sorted by client id. An *Error
// with code no_presence: the channel's rule does not record it. It may block
// until ctx ends.
func (n *Node) Members(ctx context.Context, channel string) ([]Member, error) {
	if err := protocol.CheckChannel(channel); err != nil {
		return nil, err
	}
	if !n.rules.find(channel).Presence {
		return nil, protocol.Errorf(protocol.CodeNoPresence, "presence is not recorded on this channel; its rule needs presence: true")
	}
	return n.cfg.Presence.Members(ctx, channel)
}
