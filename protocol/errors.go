package protocol

import "time"

// Code is the "code" of an error a client or API caller sees.
type Code string

// CloseCode is a WebSocket close code.
type CloseCode uint16

// Error is an error that may be shown to a client.
type Error struct {
	Code    Code
	Message string
	// RetryAfter, where not zero, says when to try again.
	RetryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }
