package protocol

import "github.com/go-json-experiment/json/jsontext"

// Subscribe is the command that asks for the messages of channels.
type Subscribe struct {
	// Channels are names or patterns as the client wrote them. They have not
	// been checked: each may fail by itself.
	Channels []string
	Since    string  // cursor or duration to resume from
	Last     int     // how many past messages to begin with
	MaxRate  float64 // updates per second and key; 0: not asked for
	Snapshot bool
	Delta    bool
}

// Subscribe returns the fields of a subscribe command. There is at least one
// channel where the error is nil.
func (c *Command) Subscribe() (Subscribe, *Error) {
	f := fields{c: c}
	s := Subscribe{
		Channels: f.channels(),
		Since:    f.short(fieldSince),
		Last:     f.count(fieldLast),
		MaxRate:  f.rate(fieldMaxRate),
		Snapshot: f.boolean(fieldSnapshot),
		Delta:    f.boolean(fieldDelta),
	}
	if len(s.Channels) == 0 {
		f.fail("Channel name required for subscription")
	}
	return s, f.err
}

// SubscriptionResult answers subscribe, once per channel.
type SubscriptionResult struct {
	Channel string
	Success bool
	MaxRate float64 // granted; 0: no limit
	// Recovery says what was resumed, where that was asked for.
	Recovery *Recovery
	Error    *Error
	ID       jsontext.Value
}

// Recovery is the outcome of a subscribe that asked for past messages.
type Recovery struct {
	Recovered   bool // every missed message follows
	Epoch       string
	Oldest, Top uint64 // what the log holds
}

// AppendJSON appends the message.
func (m SubscriptionResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeSubscriptionResult)
	w.text("channel", m.Channel)
	w.boolean("success", m.Success)
	if m.MaxRate > 0 {
		w.number("max_rate", m.MaxRate)
	}
	if r := m.Recovery; r != nil {
		w.boolean("recovered", r.Recovered)
		w.position(r.Epoch, r.Oldest, r.Top)
	}
	w.failure(m.Error)
	return w.reply(m.ID)
}

// SubscriptionLost tells that the server has ended a subscription.
type SubscriptionLost struct {
	Channel string
	Reason  string
}

// AppendJSON appends the message.
func (m SubscriptionLost) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeSubscriptionLost)
	w.text("channel", m.Channel)
	w.text("reason", m.Reason)
	return w.end()
}
