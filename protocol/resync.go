package protocol

// Resync tells that a channel's log was rewound or trimmed past the client,
// who has to take a new snapshot.
type Resync struct {
	Channel     string
	Reason      string
	Epoch       string
	Oldest, Top uint64 // what the log holds
}

// AppendJSON appends the message.
func (m Resync) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeResync)
	w.text("channel", m.Channel)
	w.text("reason", m.Reason)
	w.position(m.Epoch, m.Oldest, m.Top)
	return w.end()
}
