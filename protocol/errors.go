package protocol

import (
	"fmt"
	"strconv"
	"time"
)

// Code is the "code" of an error a client or API caller sees.
type Code string

// CodeInfo is a row of the table of error codes.
type CodeInfo struct {
	Code       Code
	HTTPStatus int
	Meaning    string
}

// CloseCode is a WebSocket close code.
type CloseCode uint16

// CloseInfo is a row of the table of close codes.
type CloseInfo struct {
	Code      CloseCode
	Name      string // the reason text sent with the code
	Reconnect bool   // whether a client should connect again
	Meaning   string
}

// String returns the name of c and, where it has none, its number.
func (c CloseCode) String() string {
	if name := c.Name(); name != "" {
		return name
	}
	return strconv.Itoa(int(c))
}

// Error is an error that may be shown to a client.
type Error struct {
	Code    Code
	Message string
	// RetryAfter, where not zero, says when to try again.
	RetryAfter time.Duration
}

// Errorf returns an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// AppendBody appends the body of an HTTP response that reports e:
// {"error":{"code":…,"message":…}}.
func (e *Error) AppendBody(dst []byte) []byte {
	dst = append(dst, `{"error":{"code":`...)
	dst = appendString(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.Message)
	return append(dst, "}}"...)
}
