// Package netpoll carries bytes between sockets and a Loop. A driver is a pair
// of types: a Poller, one per Loop, and a Socket, one per connection.
package netpoll

import (
	"net"
	"time"
)

// Limits of one Wait.
const (
	MaxEvents = 128      // events handled in one Wait
	MaxRead   = 64 << 10 // bytes of one Readable event
)

// Token identifies a connection to its Loop: slot<<32 | generation. A driver
// only hands it back.
type Token uint64

// Kind says what happened to a connection.
type Kind uint8

// The kinds of Event.
const (
	Readable Kind = iota + 1 // Data was received
	Writable                 // a Send that took less than all may be tried again
	Closed                   // nothing more will be received; Err says why, io.EOF for a regular end
)

// Event is something that happened to a connection. Data is valid, and may be
// changed in place, until the handler returns.
type Event struct {
	Token Token
	Kind  Kind
	Data  []byte
	Err   error
}

// Poller is one Loop's source of events.
//
// Wake is safe for concurrent use. All other methods, and those of the
// Poller's Sockets, belong to the Loop's goroutine, and none but Wait and
// Close blocks.
type Poller interface {
	// Wait blocks until there is an event, Wake was called, or the time is
	// until; the zero time means no limit, a time in the past means not to
	// block. Then it calls handle for at most MaxEvents events, at most one
	// Readable per connection. It may return without having called handle.
	Wait(until time.Time, handle func(Event))
	// Wake makes a present or the next Wait return.
	Wake()
	// Add takes conn over and begins to read it. With an error conn remains
	// the caller's.
	Add(conn net.Conn, token Token) (Socket, error)
	// Close cuts the sockets that are open, lets those that linger end, and
	// waits for every goroutine of the driver: at most LingerTime.
	Close() error
}

// Socket is one connection's sending half and its switches.
type Socket interface {
	// Send takes a prefix of b, possibly nothing, without blocking and copies
	// what it takes. n < len(b) means that the peer is slower than we are: ask
	// for WantWrite. A non-nil err means that the connection is broken.
	Send(b []byte) (n int, err error)
	// PauseRead stops or resumes Readable events. A broken connection is
	// reported as Closed even while paused.
	PauseRead(paused bool)
	// WantWrite asks for one Writable event as soon as Send can take more.
	WantWrite(on bool)
	// Close ends the connection; no event follows. The Loop closes every
	// Socket, also after Closed. With abort it is cut at once (RST where the
	// transport has one). Without, what Send took is written first, then the
	// sending side is shut down, input is discarded for at most LingerTime or
	// LingerBytes, and the socket is closed: closing with unread input would
	// send RST, and the peer would never read our Close frame.
	Close(abort bool)
}

// Bounds of a graceful Close.
const (
	LingerTime  = time.Second
	LingerBytes = 64 << 10
)
