package protocol

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// History is the command that reads a channel's log.
type History struct {
	Channel string // not checked
	Since   string // cursor or duration; empty: the oldest
	Limit   int    // 0: the server's choice
}

// History returns the fields of a history command.
func (c *Command) History() (History, *Error) {
	f := fields{c: c}
	h := History{Channel: f.channel(""), Since: f.short(fieldSince), Limit: f.count(fieldLimit)}
	if h.Channel == "" {
		f.fail("Channel name required for history")
	}
	return h, f.err
}

// HistoryResult answers history.
type HistoryResult struct {
	Channel     string
	Messages    []json.RawMessage // oldest first; written as they are
	Epoch       string
	Oldest, Top uint64 // what the log holds
	ID          jsontext.Value
}

// AppendJSON appends the message.
func (m HistoryResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeHistoryResult)
	w.text("channel", m.Channel)
	w.name("messages")
	w.b = append(w.b, '[')
	for i, message := range m.Messages {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, message...)
	}
	w.b = append(w.b, ']')
	w.position(m.Epoch, m.Oldest, m.Top)
	return w.reply(m.ID)
}
