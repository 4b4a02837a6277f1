package protocol

// Gap tells exactly how many messages of a channel were dropped for this
// client.
type Gap struct {
	Channel string // empty, and left out: messages sent to the client, its user or a group
	Lost    uint64
	Reason  string // "slow"
}

// AppendJSON appends the message.
func (m Gap) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeGap)
	w.textIf("channel", m.Channel)
	w.unsigned("lost", m.Lost)
	w.text("reason", m.Reason)
	return w.end()
}
