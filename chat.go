package outcry

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// onChatMessage passes a chat message on to the channel's subscribers. Its
// type and sender are the server's to say, so any client may send one.
func onChatMessage(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	m, err := cmd.ChatMessage()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	m.ClientID, m.UserID, m.Timestamp = who.clientID, who.userID(), time.Now()
	return n.relay(ctx, m.Channel, m, cmd.ID)
}

// onTypingIndicator passes a typing indicator on.
func onTypingIndicator(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	m, err := cmd.TypingIndicator()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	m.ClientID, m.UserID, m.Timestamp = who.clientID, who.userID(), time.Now()
	return n.relay(ctx, m.Channel, m, cmd.ID)
}

// relay publishes a message the server has made of a client's. Only a failure
// is answered.
func (n *Node) relay(ctx context.Context, channel string, m message, id []byte) outcome {
	if err := protocol.CheckChannel(channel); err != nil {
		return refusal(n, err, id)
	}
	buf := m.AppendJSON(wire.BeginFrame(make([]byte, 0, 512)))
	if _, err := n.send(ctx, &Publication{Channel: channel}, buf, nil); err != nil {
		return refusal(n, err, id)
	}
	return nil
}
