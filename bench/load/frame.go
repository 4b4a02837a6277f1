package load

import (
	"encoding/binary"
	"fmt"
)

// opcode is that of RFC 6455 section 5.2.
type opcode byte

const (
	opContinuation opcode = 0
	opText         opcode = 1
	opBinary       opcode = 2
	opClose        opcode = 8
	opPing         opcode = 9
	opPong         opcode = 10
)

const (
	finBit  = 0x80
	rsv1Bit = 0x40
	maskBit = 0x80
	// maxFrame bounds what a server may send, in bytes.
	maxFrame = 16 << 20
)

// frame is one from a server. Its payload aliases what it was read from.
type frame struct {
	op         opcode
	fin        bool
	compressed bool
	payload    []byte
}

// parseFrame reads the frame at the start of b. A size of 0 means that not all
// of it has come.
func parseFrame(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	if b[1]&maskBit != 0 || b[0]&0x30 != 0 {
		return f, 0, fmt.Errorf("frame begins with %#x %#x: masked, or with reserved bits", b[0], b[1])
	}
	f = frame{op: opcode(b[0] & 0x0f), fin: b[0]&finBit != 0, compressed: b[0]&rsv1Bit != 0}
	start, length := 2, uint64(b[1])
	switch length {
	case 126:
		if len(b) < 4 {
			return f, 0, nil
		}
		start, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return f, 0, nil
		}
		start, length = 10, binary.BigEndian.Uint64(b[2:])
	}
	if length > maxFrame {
		return f, 0, fmt.Errorf("frame of %d bytes", length)
	}
	size = start + int(length)
	if len(b) < size {
		return f, 0, nil
	}
	f.payload = b[start:size]
	return f, size, nil
}

// mask is the masking key of all frames. Real clients choose new ones; what
// matters here is that the server has to unmask.
const mask uint32 = 0x9c3a51e7

// clientFrame returns a masked frame of at most 64 KiB.
func clientFrame(op opcode, payload []byte) []byte {
	b := []byte{finBit | byte(op)}
	if n := len(payload); n < 126 {
		b = append(b, maskBit|byte(n))
	} else {
		b = append(b, maskBit|126, byte(n>>8), byte(n))
	}
	key := binary.BigEndian.AppendUint32(nil, mask)
	b = append(b, key...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}
