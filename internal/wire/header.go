package wire

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// header is a client frame's header, found correct and within the Limits.
type header struct {
	op         Opcode
	final      bool
	compressed bool // RSV1: the message that the frame begins is
	mask       [4]byte
	length     int // bytes of payload
}

// Lengths of a header's parts, and the values of the 7-bit length that announce
// a longer one; RFC 6455 section 5.2.
const (
	headSize = 2
	maskSize = 4

	length16 = 126
	length64 = 127
)

// rsv1 marks the first frame of a compressed message, in a header's first byte;
// RFC 7692 section 6.
const rsv1 = 0x40

// parseHeader reads the header at the start of b, the next frame after what a
// holds. size is what it occupies; 0 means that b ends within it. Everything
// that can be said of the bytes present is said at once, in this order: opcode,
// reserved bits, mask, fragmentation, length, limits.
func (a *Assembly) parseHeader(b []byte, lim *Limits) (h header, size int, err error) {
	if len(b) < headSize {
		return header{}, 0, nil
	}
	first := ws.Header{
		Fin:    b[0]&0x80 != 0,
		Rsv:    b[0] >> 4 & 0x7,
		OpCode: Opcode(b[0] & 0xf),
		Masked: b[1]&0x80 != 0,
		Length: int64(b[1] & 0x7f), // longer than a control frame's if it announces a longer one
	}
	compressed := false
	if first.Rsv == rsv1>>4 && lim.Inflater != nil && (first.OpCode == OpText || first.OpCode == OpBinary) {
		compressed, first.Rsv = true, 0
	}
	if err := ws.CheckHeader(first, a.state()); err != nil {
		return header{}, 0, closeError(ws.StatusProtocolError, err.Error())
	}
	if first.OpCode == OpContinuation && a.frames >= lim.Fragments {
		return header{}, 0, closeError(ws.StatusPolicyViolation, "too many fragments")
	}
	length, extended, err := parseLength(b[1]&0x7f, b[headSize:])
	if err != nil || extended < 0 {
		return header{}, 0, err
	}
	if first.OpCode.IsData() && length > uint64(a.room(lim)) {
		if err := a.tooMuch(length, compressed, lim); err != nil {
			return header{}, 0, err
		}
	}
	size = headSize + extended + maskSize
	if len(b) < size {
		return header{}, 0, nil
	}
	h = header{op: first.OpCode, final: first.Fin, compressed: compressed, length: int(length)}
	copy(h.mask[:], b[size-maskSize:])
	return h, size, nil
}

// parseLength decodes a payload length from its 7-bit form and the bytes that
// follow. extended is how many of those belong to it, -1 if b ends before them.
func parseLength(short byte, b []byte) (length uint64, extended int, err error) {
	var least uint64
	switch short {
	case length16:
		if len(b) < 2 {
			return 0, -1, nil
		}
		length, extended, least = uint64(binary.BigEndian.Uint16(b)), 2, length16
	case length64:
		if len(b) < 8 {
			return 0, -1, nil
		}
		length, extended, least = binary.BigEndian.Uint64(b), 8, 1<<16
	default:
		return uint64(short), 0, nil
	}
	switch {
	case length>>63 != 0:
		return 0, 0, closeError(ws.StatusProtocolError, "payload length out of range")
	case length < least:
		return 0, 0, closeError(ws.StatusProtocolError, "payload length not in its shortest form")
	}
	return length, extended, nil
}
