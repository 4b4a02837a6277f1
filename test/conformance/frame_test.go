package conformance

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// opcode is one of RFC 6455 section 5.2.
type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xa
)

func (op opcode) control() bool { return op >= 0x8 }

// The reserved bits. RSV1 marks a compressed message, RFC 7692 section 6.
const (
	rsv1 = 4
	rsv2 = 2
	rsv3 = 1
)

// frame is one frame of either side.
type frame struct {
	op      opcode
	open    bool // FIN is not set
	rsv     byte
	payload string
}

// first is a frame's first byte.
func (f frame) first() byte {
	b := f.rsv<<4 | byte(f.op)
	if !f.open {
		b |= 0x80
	}
	return b
}

// bytes encodes f as a client does, masked.
func (f frame) bytes() []byte {
	return append(header(f.first(), uint64(len(f.payload))), masked(f.payload)...)
}

// header is a masked frame's header up to the mask, with the length in its
// shortest form.
func header(first byte, length uint64) []byte {
	switch {
	case length <= 125:
		return []byte{first, 0x80 | byte(length)}
	case length <= math.MaxUint16:
		return binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(length))
	default:
		return binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length)
	}
}

// masked is a mask, which differs with the payload's length, and the payload
// under it; RFC 6455 section 5.3.
func masked(payload string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)+1)*2654435761)
	mask := [4]byte(b)
	b = append(b, payload...)
	for i := range len(payload) {
		b[4+i] ^= mask[i%4]
	}
	return b
}

// readFrame reads a frame as a server may send it.
func readFrame(r *bufio.Reader) (f frame, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f = frame{op: opcode(head[0] & 0xf), open: head[0]&0x80 == 0, rsv: head[0] >> 4 & 7}
	if head[1]&0x80 != 0 {
		return frame{}, errors.New("a masked frame")
	}
	length, err := readLength(r, head[1])
	if err != nil {
		return frame{}, err
	}
	if f.op.control() && (f.open || length > 125) {
		return frame{}, fmt.Errorf("a control frame of %d bytes, FIN %v", length, !f.open)
	}
	payload := make([]byte, length)
	_, err = io.ReadFull(r, payload)
	f.payload = string(payload)
	return f, err
}

// readLength reads what follows the 7-bit length, if anything does.
func readLength(r io.Reader, short byte) (length uint64, err error) {
	size, least := 0, uint64(0)
	switch short {
	case 126:
		size, least = 2, 126
	case 127:
		size, least = 8, math.MaxUint16+1
	default:
		return uint64(short), nil
	}
	var long [8]byte
	if _, err = io.ReadFull(r, long[8-size:]); err != nil {
		return 0, err
	}
	switch length = binary.BigEndian.Uint64(long[:]); {
	case length < least:
		err = fmt.Errorf("the length %d is not in its shortest form", length)
	case length > 1<<30:
		err = fmt.Errorf("a frame of %d bytes", length)
	}
	return length, err
}

// The frames of a client.

func text(payload string) []byte { return frame{op: opText, payload: payload}.bytes() }
func blob(payload string) []byte { return frame{op: opBinary, payload: payload}.bytes() }
func ping(payload string) []byte { return frame{op: opPing, payload: payload}.bytes() }
func pong(payload string) []byte { return frame{op: opPong, payload: payload}.bytes() }

// begin, middle and end are the fragments of a message.
func begin(op opcode, payload string) []byte {
	return frame{op: op, open: true, payload: payload}.bytes()
}

func middle(payload string) []byte { return begin(opContinuation, payload) }
func end(payload string) []byte    { return frame{op: opContinuation, payload: payload}.bytes() }

// closing is a Close frame with a code.
func closing(code uint16, reason string) []byte {
	return frame{op: opClose, payload: closeBody(code, reason)}.bytes()
}

func closeBody(code uint16, reason string) string {
	return string([]byte{byte(code >> 8), byte(code)}) + reason
}

// whole is a message of one frame, compressed or not.
func whole(op opcode, rsv byte, payload string) [][]byte {
	return [][]byte{frame{op: op, rsv: rsv, payload: payload}.bytes()}
}

// split is a message in fragments of size bytes, the last shorter.
func split(op opcode, rsv byte, payload string, size int) (frames [][]byte) {
	for len(payload) > size {
		frames = append(frames, frame{op: op, open: true, rsv: rsv, payload: payload[:size]}.bytes())
		op, rsv, payload = opContinuation, 0, payload[size:]
	}
	return append(frames, frame{op: op, rsv: rsv, payload: payload}.bytes())
}
