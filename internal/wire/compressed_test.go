package wire

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listing is a JSON text of about n bytes.
func listing(n int) string {
	var out []byte
	for i := 0; len(out) < n; i++ {
		out = fmt.Appendf(out, `{"type":"quote","symbol":"KRW-%c%c","bid":%g,"depth":[%d,%d,7]},`,
			'A'+i%26, 'Z'-i%7, 100+float64(i)/16, i, i*i)
	}
	return string(out[:n])
}

// prose is a text of n bytes, of all widths of code points.
func prose(n int) string {
	s := strings.Repeat("Habe nun, ach! Philosophie, Juristerei und Medizin… 𝄞 시세 κόσμε ", n/60+1)[:n]
	return strings.ToValidUTF8(s, "")
}

// Autobahn 12: messages of every kind and size, whole and in fragments, as the
// standard library compresses them.
func TestCompressed(t *testing.T) {
	kinds := []struct {
		op   Opcode
		make func(n int) string
	}{
		{OpText, listing},
		{OpBinary, noise},
		{OpText, prose},
		{OpText, func(n int) string { return "<p>" + strings.Repeat("<br>\r\n", n)[:n] }},
		{OpBinary, func(n int) string { return strings.Repeat("\x00\xff", n)[:n] }},
	}
	sizes := []struct{ size, frame int }{
		{16, 0},
		{64, 0},
		{256, 0},
		{1024, 0},
		{4096, 0},
		{8192, 0},
		{16384, 0},
		{32768, 0},
		{65536, 0},
		{131072, 0},
		{8192, 256},
		{16384, 256},
		{32768, 256},
		{65536, 256},
		{131072, 256},
		{8192, 1024},
		{16384, 1024},
		{131072, 32768},
	}
	lim := deflating(Limits{MessageSize: 1 << 20, Fragments: 1 << 10})
	for k, kind := range kinds {
		for i, tt := range sizes {
			t.Run(fmt.Sprintf("autobahn 12.%d.%d, %d bytes in frames of %d", k+1, i+1, tt.size, tt.frame), func(t *testing.T) {
				payload := kind.make(tt.size)
				for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, 6} {
					sent := packed(t, payload, level)
					size := tt.frame
					if size == 0 {
						size = max(1, len(sent))
					}
					// With a plain message and a ping behind it, all in one read.
					in := stream(reserved(rsv1>>4, fragments(kind.op, sent, size)), text("plain"), ping("p"))
					want := delivers(seen{kind.op, payload}, seen{OpText, "plain"}, seen{OpPing, "p"})
					for _, read := range []int{len(in), 1300} {
						if got := feed(t, in, lim, func() int { return read }); !cmp.Equal(want, got) {
							t.Errorf("level %d: got %d messages and code %d", level, len(got.Messages), got.Code)
						}
					}
				}
			})
		}
	}
}

// Autobahn 13: what each combination of parameters allows either side to send.
func TestCompressedParameters(t *testing.T) {
	offers := []string{
		"permessage-deflate",
		"permessage-deflate; server_no_context_takeover",
		"permessage-deflate; server_max_window_bits=9",
		"permessage-deflate; server_max_window_bits=15",
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; server_no_context_takeover, permessage-deflate",
		"permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
		"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
	}
	out := NewDeflater(1)
	lim := deflating(roomy)
	for i, offer := range offers {
		t.Run(fmt.Sprintf("autobahn 13.%d", i+1), func(t *testing.T) {
			d, _, ok := NegotiateDeflate([]string{offer})
			if !ok {
				t.Fatal("declined")
			}
			for _, n := range []int{16, 64, 256, 512, 513, 1024, 4096, 8192, 16384, 32768, 65536, 131072} {
				payload := listing(n)
				if fits := d.WindowBits == maxWindowBits || n <= 1<<d.WindowBits; d.Fits(n) != fits {
					t.Errorf("%d bytes fit: %v, want %v", n, d.Fits(n), fits)
				}
				got, ok := unpacked(string(Payload(out.AppendFrame(nil, OpText, []byte(payload)))))
				if got != payload || !ok {
					t.Errorf("to the client: got %d bytes of %d, %v", len(got), n, ok)
				}
				back := feed(t, zipped(OpText, packed(t, payload, 6)), lim, reads["whole"]())
				if want := delivers(seen{OpText, payload}); !cmp.Equal(want, back) {
					t.Errorf("from the client: got %d messages and code %d", len(back.Messages), back.Code)
				}
			}
		})
	}
}

// A message is compressed or not as its first frame says; control frames never
// are, and may stand between its frames. Cases 13, 15 and 21 with deflate on.
func TestCompressedFragments(t *testing.T) {
	sent := packed(t, kosme, 6)
	one, two := reserved(4, first(sent[:3])), last(sent[3:])
	whole := seen{OpText, kosme}
	bye := frame(OpClose, true, "\x03\xe8")
	type test struct {
		in   []byte
		want outcome
	}
	tests := map[string]test{
		"two frames":          {stream(one, two), delivers(whole)},
		"two messages":        {stream(one, two, one, two), delivers(whole, whole)},
		"ping between":        {stream(one, ping("p"), two), delivers(seen{OpPing, "p"}, whole)},
		"pong between":        {stream(one, frame(OpPong, true, "p"), two), delivers(seen{OpPong, "p"}, whole)},
		"close between":       {stream(one, bye, two), delivers(seen{OpClose, "\x03\xe8"})},
		"empty frames":        {stream(reserved(4, first("")), more(""), more(sent), more(""), last("")), delivers(whole)},
		"plain, compressed":   {stream(text("a"), one, two, text("b"), first("c"), last("d")), delivers(seen{OpText, "a"}, whole, seen{OpText, "b"}, seen{OpText, "cd"})},
		"cut in a code point": {stream(reserved(4, first(sent[:1])), last(sent[1:])), delivers(whole)},
		"plain is no deflate": {stream(reserved(4, text("Hello"))), fails(1007)},
		"deflate is no text":  {text("\xf2\x48\xcd\xc9\xc9\x07\x00"), fails(1007)},
		"text in text":        {stream(one, text("a")), fails(1002)},
		"compressed in text":  {stream(one, one), fails(1002)},
		"compressed in plain": {stream(first("a"), one), fails(1002)},
		"stray":               {stream(one, two, last("a")), fails(1002, whole)},
		"unmasked":            {append([]byte{0xc1, byte(len(sent))}, sent...), fails(1002)},
		"reserved opcode":     {reserved(4, frame(3, true, sent)), fails(1002)},
		"cut off":             {stream(one, last("")), fails(1007)},
		"cut off, then plain": {stream(one, last(""), text("a")), fails(1007)},
	}
	for bits := byte(1); bits < 8; bits++ {
		name := func(s string) string { return fmt.Sprintf("autobahn 3.%d, %s", bits, s) }
		tests[name("continuation")] = test{stream(one, reserved(bits, last(sent[3:]))), fails(1002)}
		tests[name("empty continuation")] = test{stream(one, reserved(bits, more("")), two), fails(1002)}
		for op, kind := range map[Opcode]string{OpPing: "ping", OpPong: "pong", OpClose: "close"} {
			tests[name(kind)] = test{stream(one, reserved(bits, frame(op, true, "\x03\xe8")), two), fails(1002)}
			tests[name("empty "+kind)] = test{reserved(bits, frame(op, true, "")), fails(1002)}
		}
		if bits != rsv1>>4 {
			tests[name("compressed text")] = test{reserved(bits, text(sent)), fails(1002)}
			tests[name("compressed binary")] = test{reserved(bits, frame(OpBinary, true, sent)), fails(1002)}
			tests[name("first frame")] = test{reserved(bits, first(sent)), fails(1002)}
		}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, deflating(roomy), tt.want) })
	}
	t.Run("without deflate", func(t *testing.T) {
		expectAsIs(t, reserved(4, text(sent)), roomy, fails(1002))
		expectAsIs(t, one, roomy, fails(1002))
		expectAsIs(t, reserved(4, text(sent))[:2], roomy, fails(1002))
	})
}

// What is sent compressed is limited too: one frame by what the worst
// compressor makes of a message, fragments by that in sum. Cases 16, 18 and 23.
func TestCompressedLimits(t *testing.T) {
	const limit = 10_000
	most := uint64(wireSize(limit))
	empty := "\x00" + deflateTail
	count := func(n int, frame []byte) []byte { return bytes.Repeat(frame, n) }
	begin := func(payload string) []byte { return reserved(rsv1>>4, frame(OpBinary, false, payload)) }
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"largest frame":              {declare(0xc2, 1<<16), fails(1009)},
		"2^31-1":                     {declare(0xc2, 1<<31-1), fails(1009)},
		"2^31":                       {declare(0xc2, 1<<31), fails(1009)},
		"2^32":                       {declare(0xc2, 1<<32), fails(1009)},
		"2^62":                       {declare(0xc1, 1<<62), fails(1009)},
		"2^63-1":                     {declare(0xc2, math.MaxInt64), fails(1009)},
		"2^63":                       {declare(0xc2, 1<<63), fails(1002)},
		"2^64-1":                     {declare(0xc2, math.MaxUint64), fails(1002)},
		"not the shortest form":      {declare(0xc2, 5), fails(1002)},
		"reserved opcode, 2^62":      {declare(0xc3, 1<<62), fails(1002)},
		"continuation of 2^63-1":     {stream(begin("1"), declare(0x80, math.MaxInt64)), fails(1009)},
		"continuation of 2^32":       {stream(begin("1"), declare(0x00, 1<<32)), fails(1009)},
		"most":                       {declare16(0xc2, most), delivers()},
		"most, one over":             {declare16(0xc2, most+1), fails(1009)},
		"most after 1":               {stream(begin("1"), declare16(0x80, most)), fails(1008)},
		"most-1 after 1":             {stream(begin("1"), declare16(0x80, most-1)), delivers()},
		"plain is limited as ever":   {declare16(0x82, limit+1), fails(1009)},
		"plain after 1":              {stream(frame(OpBinary, false, "1"), declare16(0x80, limit)), fails(1009)},
		"empty blocks, one frame":    {zipped(OpBinary, strings.Repeat(empty, 2000)+"\x00"), delivers(seen{OpBinary, ""})},
		"empty blocks for ever":      {stream(begin(empty), count(5000, frame(OpContinuation, false, empty))), fails(1008)},
		"empty blocks by byte":       {stream(begin("\x00"), count(20_000, frame(OpContinuation, false, "\x00"))), fails(1008)},
		"empty BFINAL for ever":      {stream(begin("\x03"), count(20_000, frame(OpContinuation, false, "\x00\x03"))), fails(1008)},
		"empty frames for ever":      {stream(begin(""), count(100_000, more(""))), fails(1008)},
		"header of the next but one": {stream(zipped(OpBinary, "\x00"), zipped(OpBinary, "\x00"), declare(0xc2, 1<<32)), fails(1009, seen{OpBinary, ""}, seen{OpBinary, ""})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lim := deflating(Limits{MessageSize: limit, Fragments: 50_000})
			if n := allocated(tt.in, lim); n >= 64<<10 {
				t.Errorf("allocated %d bytes", n)
			}
			for _, name := range []string{"whole", "bytes", "chops of 997"} {
				if got := feed(t, tt.in, lim, reads[name]()); !cmp.Equal(tt.want, got) {
					t.Errorf("%s: got %d messages and code %d, want %+v", name, len(got.Messages), got.Code, tt.want)
				}
			}
		})
	}
	t.Run("largest limit", func(t *testing.T) {
		lim := deflating(Limits{MessageSize: math.MaxInt, Fragments: 64})
		expect(t, declare(0xc2, math.MaxInt), lim, delivers())
		expect(t, stream(begin("1"), declare(0x80, math.MaxInt)), lim, fails(1008))
		expect(t, stream(begin("1"), declare(0x80, math.MaxInt-1), []byte("23")), lim, delivers())
	})
}

// declare16 is a header like declare's, of a length in 16 bits.
func declare16(first byte, length uint64) []byte {
	if length > math.MaxUint16 {
		panic("too long for 16 bits")
	}
	b := binary.BigEndian.AppendUint16([]byte{first, 0x80 | length16}, uint16(length))
	return append(b, 1, 2, 3, 4)
}

// A limit may change while a compressed message is under way.
func TestCompressedLimitLowered(t *testing.T) {
	lim := deflating(roomy)
	sent := packed(t, noise(300), 1)
	for name, tt := range map[string]struct {
		rest []byte
		want uint16
	}{
		"with the last frame": {last(sent[200:]), 1008},
		"with the message":    {last(""), 1009},
	} {
		t.Run(name, func(t *testing.T) {
			var a *Assembly
			if _, _, err := Next(&a, reserved(rsv1>>4, first(sent[:200])), lim); err != nil {
				t.Fatal(err)
			}
			_, _, err := Next(&a, tt.rest, Limits{MessageSize: 150, Fragments: 9, Inflater: lim.Inflater})
			if got := code(t, err); got != tt.want || a != nil {
				t.Errorf("got %d, want %d; assembly %p", got, tt.want, a)
			}
		})
	}
}

// Reads that end at every possible place of a stream give the same messages.
func TestCompressedEveryCut(t *testing.T) {
	sent := packed(t, kosme+kosme, 6)
	in := stream(
		zipped(OpText, sent), text("a"), reserved(4, first(sent[:5])), ping("p"), last(sent[5:]),
		zipped(OpBinary, "\x00"), frame(OpClose, true, "\x03\xe8bye"),
	)
	lim := deflating(roomy)
	want := feed(t, in, lim, reads["whole"]())
	if len(want.Messages) != 6 || want.Code != 0 {
		t.Fatalf("got %+v", want)
	}
	for i := 1; i < len(in); i++ {
		for j := 1; j < len(in)-i; j++ {
			sizes := []int{i, j, len(in)}
			got := feed(t, in, lim, func() int { n := sizes[0]; sizes = sizes[1:]; return n })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("cut after %d and %d: (-want +got)\n%s", i, j, diff)
			}
		}
	}
}

// A peer that sends byte by byte costs what it has sent, inflated or not; cases
// 18 and 23. feed checks it after each byte.
func TestCompressedSize(t *testing.T) {
	sent := bomb(t, 1, 0)
	lim := deflating(Limits{MessageSize: 2 << 20, Fragments: 1 << 20})
	for name, in := range map[string][]byte{
		"one frame": zipped(OpBinary, sent),
		"fragments": reserved(rsv1>>4, fragments(OpBinary, sent, 7)),
	} {
		t.Run(name, func(t *testing.T) {
			got := feed(t, in, lim, func() int { return 1 })
			if len(got.Messages) != 1 || len(got.Messages[0].Payload) != 1<<20 {
				t.Errorf("got %d messages and code %d", len(got.Messages), got.Code)
			}
		})
	}
}
