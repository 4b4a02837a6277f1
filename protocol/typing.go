package protocol

import "time"

// TypingIndicator is both the command and what subscribers get. Of a command
// only Channel and IsTyping are set.
type TypingIndicator struct {
	ClientID  string
	UserID    string
	Channel   string // not checked
	IsTyping  bool
	Timestamp time.Time
}

// TypingIndicator returns the fields of a typing_indicator command.
func (c *Command) TypingIndicator() (TypingIndicator, *Error) {
	f := fields{c: c}
	t := TypingIndicator{Channel: f.channel(DefaultChannel), IsTyping: f.boolean(fieldIsTyping)}
	if f.value(fieldIsTyping) == nil {
		f.fail(`"is_typing" must be true or false`)
	}
	return t, f.err
}

// AppendJSON appends the message as subscribers get it.
func (m TypingIndicator) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeTypingIndicator)
	w.text("client_id", m.ClientID)
	w.textIf("user_id", m.UserID)
	w.text("channel", m.Channel)
	w.boolean("is_typing", m.IsTyping)
	w.time("timestamp", m.Timestamp)
	return w.end()
}
