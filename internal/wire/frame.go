package wire

import (
	"encoding/binary"
	"math"
)

// MaxHeader is the size of the longest header of a server's frame.
const MaxHeader = 10

// HeaderSize returns the size of the header of a server's frame with n bytes of
// payload.
func HeaderSize(n int) int {
	switch {
	case n < length16:
		return headSize
	case n <= math.MaxUint16:
		return headSize + 2
	default:
		return MaxHeader
	}
}

// AppendHeader appends the header of a complete frame, final and unmasked, with
// n bytes of payload.
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	dst = append(dst, 0x80|byte(op))
	switch {
	case n < length16:
		return append(dst, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, length16), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, length64), uint64(n))
	}
}

// AppendFrame appends a complete frame, final and unmasked.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload)), payload...)
}

// BeginFrame returns a buffer in dst's memory, its former content lost, to
// which the payload of one frame can be appended. EndFrame completes it.
func BeginFrame(dst []byte) []byte {
	return append(dst[:0], make([]byte, MaxHeader)...)
}

// EndFrame writes the header in front of the payload that was appended to what
// BeginFrame returned. The frame begins at the returned slice's first byte, in
// the same memory.
func EndFrame(buf []byte, op Opcode) []byte {
	n := len(buf) - MaxHeader
	start := MaxHeader - HeaderSize(n)
	AppendHeader(buf[:start], op, n)
	return buf[start:]
}
