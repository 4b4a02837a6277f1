package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Auth returns the token of an auth command, unchecked.
func (c *Command) Auth() (token string, err *Error) {
	f := fields{c: c}
	token = f.text(fieldToken)
	if token == "" {
		f.fail(`"token" must be a non-empty string`)
	}
	return token, f.err
}

// AuthRequired is the first message to a client that connected without
// credentials.
type AuthRequired struct {
	Timeout time.Duration // until the connection is closed with 4000
}

// AppendJSON appends the message.
func (m AuthRequired) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeAuthRequired)
	w.seconds("timeout", m.Timeout)
	return w.end()
}

// AuthResult answers auth. Code and Message belong to failures, UserID and
// ExpiresAt to successes.
type AuthResult struct {
	Success   bool
	UserID    string
	ExpiresAt time.Time // zero: the token does not expire
	Code      Code
	Message   string
	ID        jsontext.Value
}

// AppendJSON appends the message.
func (m AuthResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeAuthResult)
	w.boolean("success", m.Success)
	w.textIf("user_id", m.UserID)
	if !m.ExpiresAt.IsZero() {
		w.time("expires_at", m.ExpiresAt)
	}
	w.textIf("code", string(m.Code))
	w.textIf("message", m.Message)
	return w.reply(m.ID)
}

// TokenExpiring asks for a new token by an auth command before the old one
// ends the connection with 4002.
type TokenExpiring struct {
	ExpiresAt time.Time
}

// AppendJSON appends the message.
func (m TokenExpiring) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeTokenExpiring)
	w.time("expires_at", m.ExpiresAt)
	return w.end()
}
