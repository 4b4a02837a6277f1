package protocol

import "github.com/go-json-experiment/json/jsontext"

// Publish is the command that publishes to a channel.
type Publish struct {
	Channel   string         // not checked
	Data      jsontext.Value // any JSON value; aliases the command
	Event     string
	MessageID string // idempotency key
	Key       string
}

// Publish returns the fields of a publish command. Channel is set even where
// another field is at fault, so that the result can name it.
func (c *Command) Publish() (Publish, *Error) {
	f := fields{c: c}
	p := Publish{
		Channel:   f.channel(""),
		Data:      c.value(fieldData),
		Event:     f.short(fieldEvent),
		MessageID: f.short(fieldMessageID),
		Key:       f.short(fieldKey),
	}
	if p.Channel == "" {
		f.fail("Channel name required for publishing")
	}
	if p.Data == nil {
		f.fail(`"data" is missing; it may be any JSON value`)
	}
	return p, f.err
}

// PublishResult answers publish.
type PublishResult struct {
	Channel   string
	Success   bool
	MessageID string
	// Seq and Cursor are the position in the channel's log, zero on channels
	// that keep none.
	Seq       uint64
	Cursor    string
	Duplicate bool
	Error     *Error
	ID        jsontext.Value
}

// AppendJSON appends the message.
func (m PublishResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypePublishResult)
	w.text("channel", m.Channel)
	w.boolean("success", m.Success)
	w.textIf("message_id", m.MessageID)
	if m.Seq != 0 {
		w.unsigned("seq", m.Seq)
	}
	w.textIf("cursor", m.Cursor)
	if m.Success {
		w.boolean("duplicate", m.Duplicate)
	}
	w.failure(m.Error)
	return w.reply(m.ID)
}
