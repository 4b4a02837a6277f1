package wire

import "github.com/gobwas/ws"

// Opcode says what a frame or a message is; RFC 6455 section 5.2.
type Opcode = ws.OpCode

// The opcodes. A Message never has OpContinuation; the same value, as None,
// marks the Message that is not there yet.
const (
	None           Opcode = 0
	OpContinuation        = ws.OpContinuation
	OpText                = ws.OpText
	OpBinary              = ws.OpBinary
	OpClose               = ws.OpClose
	OpPing                = ws.OpPing
	OpPong                = ws.OpPong
)

// Message is one complete data message, its fragments joined, or one control
// frame. The zero Message means that more bytes are needed.
//
// Payload may be changed in place. It is valid until the next call of Next for
// the same connection or with the same Inflater, or until the buffer given to
// Next is used again, whichever comes first. The text of an OpText message is
// valid UTF-8.
type Message struct {
	Op      Opcode
	Payload []byte
}

// Limits bound what a client may send. They are taken literally: zero is not
// "no limit".
//
// A message that is sent compressed may have MessageSize bytes when inflated,
// and as many before that as the worst compressor makes of them. Whether there
// is an Inflater must not change during a connection's life.
type Limits struct {
	MessageSize int       // bytes of one data message, and so of each of its frames
	Fragments   int       // frames of one data message; at least one is always allowed
	Inflater    *Inflater // nil: the connection did not negotiate permessage-deflate
}

// sent is how many bytes of payload the frames of a message may have.
func (l *Limits) sent(compressed bool) int {
	n := max(0, l.MessageSize)
	if compressed {
		return wireSize(n)
	}
	return n
}
