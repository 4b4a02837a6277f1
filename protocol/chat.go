package protocol

import "time"

// DefaultChannel is where chat messages and typing indicators go that name no
// channel.
const DefaultChannel = "general"

// ChatMessage is both the command and what subscribers get. Of a command only
// Channel and Message are set.
type ChatMessage struct {
	ClientID  string
	UserID    string
	Channel   string // not checked
	Message   string
	Timestamp time.Time
}

// ChatMessage returns the fields of a chat_message command.
func (c *Command) ChatMessage() (ChatMessage, *Error) {
	f := fields{c: c}
	m := ChatMessage{Channel: f.channel(DefaultChannel), Message: f.text(fieldMessage)}
	if f.value(fieldMessage) == nil {
		f.fail(`"message" must be a string`)
	}
	return m, f.err
}

// AppendJSON appends the message as subscribers get it.
func (m ChatMessage) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeChatMessage)
	w.text("client_id", m.ClientID)
	w.textIf("user_id", m.UserID)
	w.text("channel", m.Channel)
	w.text("message", m.Message)
	w.time("timestamp", m.Timestamp)
	return w.end()
}
