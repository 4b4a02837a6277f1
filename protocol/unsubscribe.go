package protocol

import "github.com/go-json-experiment/json/jsontext"

// Unsubscribe is the command that ends subscriptions.
type Unsubscribe struct {
	Channels []string // as the client wrote them, not checked
}

// Unsubscribe returns the fields of an unsubscribe command. There is at least
// one channel where the error is nil.
func (c *Command) Unsubscribe() (Unsubscribe, *Error) {
	f := fields{c: c}
	u := Unsubscribe{Channels: f.channels()}
	if len(u.Channels) == 0 {
		f.fail("Channel name required for unsubscription")
	}
	return u, f.err
}

// UnsubscriptionResult answers unsubscribe, once per channel.
type UnsubscriptionResult struct {
	Channel string
	Success bool
	Error   *Error
	ID      jsontext.Value
}

// AppendJSON appends the message.
func (m UnsubscriptionResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeUnsubscriptionResult)
	w.text("channel", m.Channel)
	w.boolean("success", m.Success)
	w.failure(m.Error)
	return w.reply(m.ID)
}
