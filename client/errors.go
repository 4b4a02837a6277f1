package client

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

var (
	// ErrClosed: the Client has been closed by Close.
	ErrClosed = errors.New("client is closed")
	// ErrNotConnected: there is no connection at this moment; nothing was sent.
	ErrNotConnected = errors.New("not connected")
	// ErrLost: the connection ended before the answer came. Whether the server
	// carried the command out is not known.
	ErrLost = errors.New("connection lost before the answer")
	// ErrBacklog: the inbox filled up while the answer was awaited, because
	// nobody receives. Whether the server carried the command out is not known.
	ErrBacklog = errors.New("inbox is full: messages are not being received")

	// errMoved: the server asked for a new connection.
	errMoved = errors.New("server asked to reconnect")
	// errSilent: no pong.
	errSilent = errors.New("server does not answer pings")
)

// UnreachableError says that a server could not be reached at all.
type UnreachableError struct {
	URL string
	Err error
}

// Error implements error.
func (e *UnreachableError) Error() string { return fmt.Sprintf("cannot reach %s: %v", e.URL, e.Err) }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// RefusedError is the answer of a server that refused a connection or a call.
type RefusedError struct {
	Status int // HTTP
	// Code and Message are the server's; a server that is not Outcry gives an
	// empty Code.
	Code    protocol.Code
	Message string
	// RetryAfter is the pause the server asks for, 0 where it does not.
	RetryAfter time.Duration
}

// Error implements error.
func (e *RefusedError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("server answered %d %s", e.Status, e.Message)
	}
	return fmt.Sprintf("server refused (%d %s): %s", e.Status, e.Code, e.Message)
}

// temporary says whether another attempt may succeed. 409 is the client id of
// a connection that the server has yet to find dead.
func (e *RefusedError) temporary() bool {
	return e.Status >= 500 || slices.Contains([]int{
		http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests,
	}, e.Status)
}

// CloseError is a connection closed by the server.
type CloseError struct {
	Code   protocol.CloseCode
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	if e.Reason == "" || e.Reason == e.Code.Name() {
		return fmt.Sprintf("server closed the connection (%d %s)", uint16(e.Code), e.Code)
	}
	return fmt.Sprintf("server closed the connection (%d %s): %s", uint16(e.Code), e.Code, e.Reason)
}

// ProtocolError is a server that does not keep to the protocol. It ends the
// Client: the next connection would meet the same.
type ProtocolError struct {
	Err error
}

// Error implements error.
func (e *ProtocolError) Error() string { return "server broke the protocol: " + e.Err.Error() }

// Unwrap returns what it did.
func (e *ProtocolError) Unwrap() error { return e.Err }

// temporary says whether a new connection may succeed where this error ended
// one or prevented it.
func temporary(err error) bool {
	if e, ok := errors.AsType[*CloseError](err); ok {
		return reconnects(e.Code)
	}
	if e, ok := errors.AsType[*RefusedError](err); ok {
		return e.temporary()
	}
	_, broken := errors.AsType[*ProtocolError](err)
	return !broken
}

// reconnects looks a close code up in the protocol's table; those that are not
// in it go by their range.
func reconnects(code protocol.CloseCode) bool {
	for _, row := range protocol.CloseCodes() {
		if row.Code == code {
			return row.Reconnect
		}
	}
	return code < 4500
}
