package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrorMessage reports a failure that belongs to no channel.
type ErrorMessage struct {
	Code       Code
	Message    string
	RetryAfter time.Duration // not sent where zero
	ID         jsontext.Value
}

// NewErrorMessage returns the message that reports e for the command with the
// given id.
func NewErrorMessage(e *Error, id jsontext.Value) ErrorMessage {
	return ErrorMessage{Code: e.Code, Message: e.Message, RetryAfter: e.RetryAfter, ID: id}
}

// AppendJSON appends the message.
func (m ErrorMessage) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeError)
	w.text("code", string(m.Code))
	w.text("message", m.Message)
	if m.RetryAfter > 0 {
		w.millis("retry_after_ms", m.RetryAfter)
	}
	return w.reply(m.ID)
}
