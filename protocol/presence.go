package protocol

import "github.com/go-json-experiment/json/jsontext"

// Presence returns the channel of a presence command, not checked.
func (c *Command) Presence() (channel string, err *Error) {
	f := fields{c: c}
	channel = f.channel("")
	if channel == "" {
		f.fail("Channel name required for presence")
	}
	return channel, f.err
}

// PresenceResult answers presence.
type PresenceResult struct {
	Channel string
	Members []Member
	Count   int // of all members, should Members be a part of them
	ID      jsontext.Value
}

// Member is one client present on a channel.
type Member struct {
	ClientID string
	UserID   string
}

// AppendJSON appends the message.
func (m PresenceResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypePresenceResult)
	w.text("channel", m.Channel)
	w.name("members")
	w.b = append(w.b, '[')
	for i, member := range m.Members {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = member.appendJSON(w.b)
	}
	w.b = append(w.b, ']')
	w.integer("count", int64(m.Count))
	return w.reply(m.ID)
}

func (m Member) appendJSON(dst []byte) []byte {
	w := writer{b: append(dst, '{')}
	w.text("client_id", m.ClientID)
	w.textIf("user_id", m.UserID)
	return w.end()
}
