package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"testing"
)

// declare is a client's header with any length in its longest form, and nothing
// after it.
func declare(first byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, 0x80 | length64}, length)
	return append(b, 1, 2, 3, 4)
}

// Autobahn 3: reserved bits; case 15. With deflate, RSV1 begins a compressed
// message and is wrong elsewhere.
func TestHeaderReservedBits(t *testing.T) {
	hello := seen{OpText, "Hello, world!"}
	for bits := byte(1); bits < 8; bits++ {
		tests := map[string]struct {
			in   []byte
			want outcome
		}{
			"text":         {reserved(bits, text("Hello, world!")), fails(1002)},
			"second text":  {stream(text("Hello, world!"), reserved(bits, text("again")), ping("")), fails(1002, hello)},
			"binary":       {reserved(bits, frame(OpBinary, true, "\x00\xff")), fails(1002)},
			"ping":         {reserved(bits, ping("Hello, world!")), fails(1002)},
			"close":        {reserved(bits, frame(OpClose, true, "\x03\xe8")), fails(1002)},
			"pong":         {reserved(bits, frame(OpPong, true, "")), fails(1002)},
			"continuation": {stream(first("a"), reserved(bits, last("b"))), fails(1002)},
			"ping between": {stream(first("a"), reserved(bits, ping("")), last("b")), fails(1002)},
			"text in text": {stream(first("a"), reserved(bits, text("b"))), fails(1002)},
		}
		for name, tt := range tests {
			t.Run(fmt.Sprintf("autobahn 3.%d, %s", bits, name), func(t *testing.T) {
				expectAsIs(t, tt.in, roomy, tt.want)
				if bits != rsv1>>4 || name != "text" && name != "second text" && name != "binary" {
					expectAsIs(t, tt.in, deflating(roomy), tt.want)
				}
			})
		}
	}
}

// Autobahn 4: reserved opcodes; case 17.
func TestHeaderReservedOpcodes(t *testing.T) {
	for _, op := range []Opcode{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		number := fmt.Sprintf("autobahn 4.%d.%d", 1+op>>3, op&7-2)
		tests := map[string]struct {
			in   []byte
			want outcome
		}{
			"empty":        {frame(op, true, ""), fails(1002)},
			"with payload": {frame(op, true, "reserved"), fails(1002)},
			"not final":    {frame(op, false, "reserved"), fails(1002)},
			"after text":   {stream(text("ok"), frame(op, true, ""), ping("")), fails(1002, seen{OpText, "ok"})},
			"in a message": {stream(first("a"), frame(op, true, ""), last("b")), fails(1002)},
			"2^62 bytes":   {declare(0x80|byte(op), 1<<62), fails(1002)},
		}
		for name, tt := range tests {
			t.Run(number+", "+name, func(t *testing.T) { expect(t, tt.in, roomy, tt.want) })
		}
		t.Run(number+", before the length", func(t *testing.T) {
			expect(t, declare(0x80|byte(op), 1<<62)[:2], roomy, fails(1002))
		})
	}
}

// A client's frame must be masked; case 13.
func TestHeaderUnmasked(t *testing.T) {
	for _, op := range []Opcode{OpText, OpBinary, OpClose, OpPing, OpPong} {
		t.Run(fmt.Sprintf("opcode %d", op), func(t *testing.T) {
			expect(t, AppendFrame(nil, op, []byte("\x03\xe8")), roomy, fails(1002))
			expect(t, AppendFrame(nil, op, nil), roomy, fails(1002))
		})
	}
	t.Run("after a message", func(t *testing.T) {
		expect(t, stream(text("a"), AppendFrame(nil, OpText, []byte("b"))), roomy, fails(1002, seen{OpText, "a"}))
	})
	t.Run("2^62 bytes", func(t *testing.T) {
		expect(t, []byte{0x82, length64, 0x40, 0, 0, 0, 0, 0, 0, 0}, roomy, fails(1002))
	})
}

// Control frames are final and short, whatever form their length has; case 13.
func TestHeaderControl(t *testing.T) {
	for _, op := range []byte{0x8, 0x9, 0xa} {
		t.Run(fmt.Sprintf("opcode %d", op), func(t *testing.T) {
			expect(t, []byte{0x80 | op, 0x80 | length16, 0, 126}, roomy, fails(1002))
			expect(t, declare(0x80|op, 5), roomy, fails(1002))
			expect(t, declare(0x80|op, 1<<62), roomy, fails(1002))
			expect(t, []byte{op, 0x80, 1, 2, 3, 4}, roomy, fails(1002))
		})
	}
	t.Run("not bound by the limit", func(t *testing.T) {
		expect(t, ping("0123456789"), Limits{MessageSize: 4, Fragments: 1}, delivers(seen{OpPing, "0123456789"}))
	})
}

// Lengths that no sound client declares; cases 16 and 17.
func TestHeaderLengths(t *testing.T) {
	const limit = 1 << 20
	length := func(b ...byte) []byte { return append(append([]byte{0x82}, b...), 1, 2, 3, 4) }
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"2^63":              {declare(0x82, 1<<63), fails(1002)},
		"2^64-1":            {declare(0x82, math.MaxUint64), fails(1002)},
		"2^63-1":            {declare(0x82, math.MaxInt64), fails(1009)},
		"2^62":              {declare(0x82, 1<<62), fails(1009)},
		"2^32+5":            {declare(0x82, 1<<32+5), fails(1009)},
		"2^32":              {declare(0x82, 1<<32), fails(1009)},
		"2^31":              {declare(0x82, 1<<31), fails(1009)},
		"2^31-1":            {declare(0x82, 1<<31-1), fails(1009)},
		"limit+1":           {declare(0x82, limit+1), fails(1009)},
		"limit":             {declare(0x82, limit), delivers()},
		"limit+1, no mask":  {declare(0x82, limit+1)[:10], fails(1009)},
		"text of limit+1":   {declare(0x81, limit+1), fails(1009)},
		"fragment limit+1":  {declare(0x02, limit+1), fails(1009)},
		"2^63-1 after 1":    {stream(frame(OpBinary, false, "1"), declare(0x80, math.MaxInt64)), fails(1009)},
		"limit after 1":     {stream(frame(OpBinary, false, "1"), declare(0x80, limit)), fails(1009)},
		"limit-1 after 1":   {stream(frame(OpBinary, false, "1"), declare(0x80, limit-1)), delivers()},
		"2^63 after 1":      {stream(frame(OpBinary, false, "1"), declare(0x80, 1<<63)), fails(1002)},
		"0 in 16 bits":      {length(0xfe, 0, 0), fails(1002)},
		"125 in 16 bits":    {length(0xfe, 0, 125), fails(1002)},
		"126 in 16 bits":    {length(0xfe, 0, 126), delivers()},
		"0 in 64 bits":      {declare(0x82, 0), fails(1002)},
		"5 in 64 bits":      {declare(0x82, 5), fails(1002)},
		"126 in 64 bits":    {declare(0x82, 126), fails(1002)},
		"65535 in 64 bits":  {declare(0x82, 65535), fails(1002)},
		"65536 in 64 bits":  {declare(0x82, 65536), delivers()},
		"text in long form": {stream(length(0xfe, 0, 5), []byte("12345")), fails(1002)},
	}
	lim := Limits{MessageSize: limit, Fragments: 64}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if n := allocated(tt.in, lim); n >= 64<<10 {
				t.Errorf("allocated %d bytes", n)
			}
			expect(t, tt.in, lim, tt.want)
		})
	}
}

// allocated is the memory, in bytes, that reading in takes.
func allocated(in []byte, lim Limits) uint64 {
	var before, after runtime.MemStats
	var a *Assembly
	rest := bytes.Clone(in)
	runtime.ReadMemStats(&before)
	for err := error(nil); err == nil && len(rest) > 0; {
		_, rest, err = Next(&a, rest, lim)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The extremes of a limit do not overflow, on a 32-bit machine either; case 16.
func TestHeaderLimits(t *testing.T) {
	t.Run("largest limit", func(t *testing.T) {
		lim := Limits{MessageSize: math.MaxInt, Fragments: 64}
		expect(t, declare(0x82, math.MaxInt), lim, delivers())
		expect(t, stream(frame(OpBinary, false, "1"), declare(0x80, math.MaxInt)), lim, fails(1009))
		expect(t, stream(frame(OpBinary, false, "1"), declare(0x80, math.MaxInt-1), []byte("23")), lim, delivers())
	})
	t.Run("zero limit", func(t *testing.T) {
		expect(t, stream(text(""), text("1")), Limits{}, fails(1009, seen{OpText, ""}))
		expect(t, text("1"), Limits{MessageSize: -1}, fails(1009))
	})
}
