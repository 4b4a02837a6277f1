package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// roomy is enough for every stream that is not about limits.
var roomy = Limits{MessageSize: 1 << 20, Fragments: 64}

// seen is a Message with its payload copied.
type seen struct {
	Op      Opcode
	Payload string
}

// outcome is all that came of a stream; Code is 0 if it ended without error.
type outcome struct {
	Messages []seen
	Code     uint16
}

// frame is a client's frame, masked.
func frame(op Opcode, final bool, payload string) []byte {
	f := ws.NewFrame(op, final, []byte(payload))
	return ws.MustCompileFrame(ws.MaskFrameInPlaceWith(f, [4]byte{0x37, 0xfa, 0x21, 0x3d}))
}

func text(payload string) []byte     { return frame(OpText, true, payload) }
func ping(payload string) []byte     { return frame(OpPing, true, payload) }
func first(payload string) []byte    { return frame(OpText, false, payload) }
func more(payload string) []byte     { return frame(OpContinuation, false, payload) }
func last(payload string) []byte     { return frame(OpContinuation, true, payload) }
func stream(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// reserved sets reserved bits, a number from 1 to 7, in the frame's header.
func reserved(bits byte, frame []byte) []byte {
	frame[0] |= bits << 4
	return frame
}

// fragments cuts payload into frames of size bytes.
func fragments(op Opcode, payload string, size int) []byte {
	var out []byte
	for len(payload) > size {
		out = append(out, frame(op, false, payload[:size])...)
		op, payload = OpContinuation, payload[size:]
	}
	return append(out, frame(op, true, payload)...)
}

// feed gives the stream to Next as reads of the sizes that next returns, and
// checks after each what the Assembly costs.
func feed(t testing.TB, in []byte, lim Limits, next func() int) outcome {
	t.Helper()
	var (
		a   *Assembly
		out outcome
	)
	fed := 0
	for in = bytes.Clone(in); len(in) > 0; {
		n := min(next(), len(in))
		// Memory of its own for each read: none of it may be used later.
		buf := bytes.Clone(in[:n])
		read := buf
		in, fed = in[n:], fed+n
		for {
			m, rest, err := Next(&a, buf, lim)
			if err != nil {
				out.Code = code(t, err)
				if m.Op != None || rest != nil || a != nil {
					t.Fatalf("beside an error: message %v, rest %d bytes, assembly %p", m, len(rest), a)
				}
				return out
			}
			checkCost(t, a, fed, lim)
			if m.Op == None {
				if len(rest) != 0 {
					t.Fatalf("more is needed, but %d bytes are left", len(rest))
				}
				break
			}
			out.Messages = append(out.Messages, seen{m.Op, string(m.Payload)})
			if m.Op == OpClose {
				return out
			}
			buf = rest
		}
		clear(read)
	}
	return out
}

func checkCost(t testing.TB, a *Assembly, fed int, lim Limits) {
	t.Helper()
	fixed := int(unsafe.Sizeof(Assembly{}))
	if bound := fixed + 2*fed; a.Size() > bound {
		t.Fatalf("assembly of %d bytes after %d bytes of input", a.Size(), fed)
	}
	if a.Size()-fixed-ws.MaxControlFramePayloadSize > lim.sent(lim.Inflater != nil) {
		t.Fatalf("assembly of %d bytes with a limit of %d", a.Size(), lim.MessageSize)
	}
	if a != nil && a.op == OpText && !a.compressed && len(a.data)-a.text >= utf8.UTFMax {
		t.Fatalf("%d bytes of text are to be checked again", len(a.data)-a.text)
	}
}

func code(t testing.TB, err error) uint16 {
	t.Helper()
	var ce *CloseError
	if !errors.As(err, &ce) {
		t.Fatalf("error is a %T, want *CloseError", err)
	}
	if len(ce.Reason) == 0 || len(ce.Reason) > maxReasonSize {
		t.Fatalf("reason %q cannot be sent", ce.Reason)
	}
	return ce.Code
}

// reads are the ways in which every stream of the tables arrives: in one piece,
// byte by byte, and in pieces that end anywhere.
var reads = map[string]func() func() int{
	"whole": func() func() int { return func() int { return 1 << 30 } },
	"bytes": func() func() int { return func() int { return 1 } },
	"pieces": func() func() int {
		n := 0
		return func() int { n++; return 1 + n*n%13 }
	},
	"chops of 997": func() func() int { return func() int { return 997 } },
}

// expect feeds in in every way, to a connection without deflate and, as long as
// lim says nothing else, to one with it.
func expect(t *testing.T, in []byte, lim Limits, want outcome) {
	t.Helper()
	expectAsIs(t, in, lim, want)
	if lim.Inflater == nil {
		expectAsIs(t, in, deflating(lim), want)
	}
}

// deflating is lim for a connection that has negotiated permessage-deflate.
func deflating(lim Limits) Limits {
	lim.Inflater = NewInflater()
	return lim
}

func expectAsIs(t *testing.T, in []byte, lim Limits, want outcome) {
	t.Helper()
	for name, next := range reads {
		got := feed(t, in, lim, next())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%.2000s", name, diff)
		}
	}
}

func delivers(messages ...seen) outcome { return outcome{Messages: messages} }

func fails(code uint16, after ...seen) outcome {
	return outcome{Messages: after, Code: code}
}

// Autobahn 1: sizes at which the length's encoding changes.
func TestNextSizes(t *testing.T) {
	for _, op := range []Opcode{OpText, OpBinary} {
		for _, n := range []int{0, 1, 125, 126, 127, 128, 65535, 65536} {
			t.Run(fmt.Sprintf("autobahn 1.%d, %d bytes", op, n), func(t *testing.T) {
				payload := strings.Repeat("*", n)
				expect(t, frame(op, true, payload), roomy, delivers(seen{op, payload}))
			})
		}
	}
	t.Run("binary is not text", func(t *testing.T) {
		expect(t, frame(OpBinary, true, "\xfe\xff"), roomy, delivers(seen{OpBinary, "\xfe\xff"}))
	})
}

// Autobahn 2: pings and pongs.
func TestNextPings(t *testing.T) {
	long := strings.Repeat("\xfe", 125)
	ten, tenSeen := []byte{}, []seen{}
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		ten = append(ten, ping(payload)...)
		tenSeen = append(tenSeen, seen{OpPing, payload})
	}
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"autobahn 2.1 empty":        {ping(""), delivers(seen{OpPing, ""})},
		"autobahn 2.2 text":         {ping("Hello, world!"), delivers(seen{OpPing, "Hello, world!"})},
		"autobahn 2.3 binary":       {ping("\x00\xff\xfe\xfd"), delivers(seen{OpPing, "\x00\xff\xfe\xfd"})},
		"autobahn 2.4, 2.6 longest": {ping(long), delivers(seen{OpPing, long})},
		"autobahn 2.5 too long":     {ping(long + "x"), fails(1002)},
		"autobahn 2.7 empty pong":   {frame(OpPong, true, ""), delivers(seen{OpPong, ""})},
		"autobahn 2.8 pong":         {frame(OpPong, true, "unasked"), delivers(seen{OpPong, "unasked"})},
		"autobahn 2.9 pong, ping":   {stream(frame(OpPong, true, "a"), ping("b")), delivers(seen{OpPong, "a"}, seen{OpPing, "b"})},
		"autobahn 2.10, 2.11 ten":   {ten, delivers(tenSeen...)},
		"after text, in one":        {stream(text("a"), ping("b"), text("c")), delivers(seen{OpText, "a"}, seen{OpPing, "b"}, seen{OpText, "c"})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, roomy, tt.want) })
	}
}

// Autobahn 5: fragmentation, with control frames in between; case 13.
func TestNextFragments(t *testing.T) {
	ab := seen{OpText, "fragment1fragment2"}
	one, two := first("fragment1"), last("fragment2")
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"autobahn 5.1 ping in two":   {stream(frame(OpPing, false, "a"), last("b")), fails(1002)},
		"autobahn 5.2 pong in two":   {stream(frame(OpPong, false, "a"), last("b")), fails(1002)},
		"close in two":               {stream(frame(OpClose, false, ""), last("")), fails(1002)},
		"autobahn 5.3–5.5 two":       {stream(one, two), delivers(ab)},
		"autobahn 5.6–5.8 ping":      {stream(one, ping("now"), two), delivers(seen{OpPing, "now"}, ab)},
		"autobahn 5.9–5.11 stray":    {stream(last("a"), text("b")), fails(1002)},
		"autobahn 5.12–5.14 stray":   {stream(more("a"), text("b")), fails(1002)},
		"autobahn 5.15 stray later":  {stream(one, two, more("c"), text("d")), fails(1002, ab)},
		"autobahn 5.16 stray, more":  {stream(more("a"), first("b"), last("c")), fails(1002)},
		"autobahn 5.17 stray, final": {stream(last("a"), first("b"), last("c")), fails(1002)},
		"autobahn 5.18 text in text": {stream(one, text("b")), fails(1002)},
		"binary in text":             {stream(one, frame(OpBinary, true, "b")), fails(1002)},
		"first in text":              {stream(one, first("b")), fails(1002)},
		"close in text":              {stream(one, frame(OpClose, true, "\x03\xe8"), two), delivers(seen{OpClose, "\x03\xe8"})},
		"two messages":               {stream(one, two, one, two), delivers(ab, ab)},
		"binary":                     {stream(frame(OpBinary, false, "\xff"), last("\xfe")), delivers(seen{OpBinary, "\xff\xfe"})},
		"empty frames":               {stream(first(""), more(""), last("")), delivers(seen{OpText, ""})},
		"empty last":                 {stream(first("a"), last(""), text("b")), delivers(seen{OpText, "a"}, seen{OpText, "b"})},
		"stays a fragment":           {first("abc"), delivers()},
		"longest ping":               {stream(one, ping(strings.Repeat("p", 125)), two), delivers(seen{OpPing, strings.Repeat("p", 125)}, ab)},
		"too long ping":              {stream(one, ping(strings.Repeat("p", 126)), two), fails(1002)},
		"autobahn 5.19, 5.20 between": {
			stream(first("1"), more("2"), ping("a"), more("3"), more("4"), ping("b"), last("5")),
			delivers(seen{OpPing, "a"}, seen{OpPing, "b"}, seen{OpText, "12345"}),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, roomy, tt.want) })
	}
}

// Autobahn 9 and 10: large messages in frames and reads of many sizes.
func TestNextLarge(t *testing.T) {
	const k, m = 1 << 10, 1 << 20
	payload := strings.Repeat("0123456789abcdef", m) // 16 MiB
	lim := Limits{MessageSize: len(payload), Fragments: m}
	type test struct {
		name              string
		size, frame, read int
	}
	tests := []test{
		{"in one read", m, m, 2 * m},
		{"in frames of one byte", 64 * k, 1, 64 * k},
		{"10.1 auto-fragments", 64 * k, 1300, 64 * k},
	}
	for i, size := range []int{64 * k, 256 * k, m, 4 * m, 8 * m, 16 * m} {
		tests = append(tests, test{fmt.Sprintf("9.1.%[1]d, 9.2.%[1]d", i+1), size, size, 64 * k})
	}
	for i, frame := range []int{64, 256, k, 4 * k, 16 * k, 64 * k, 256 * k, m, 4 * m} {
		tests = append(tests, test{fmt.Sprintf("9.3.%[1]d, 9.4.%[1]d", i+1), 4 * m, frame, 64 * k})
	}
	for i, read := range []int{64, 128, 256, 512, k, 2 * k} {
		tests = append(tests, test{fmt.Sprintf("9.5.%[1]d, 9.6.%[1]d", i+1), m, m, read})
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("autobahn %s: %d in frames of %d, reads of %d", tt.name, tt.size, tt.frame, tt.read), func(t *testing.T) {
			for _, op := range []Opcode{OpText, OpBinary} {
				in := fragments(op, payload[:tt.size], tt.frame)
				got := feed(t, in, lim, func() int { return tt.read })
				if want := delivers(seen{op, payload[:tt.size]}); !cmp.Equal(want, got) {
					t.Errorf("opcode %d: got %d messages and code %d", op, len(got.Messages), got.Code)
				}
			}
		})
	}
	for i, size := range []int{0, 16, 64, 256, k, 4 * k} {
		t.Run(fmt.Sprintf("autobahn 9.7.%[1]d, 9.8.%[1]d: many of %[2]d", i+1, size), func(t *testing.T) {
			in := bytes.Repeat(text(payload[:size]), 100)
			got := feed(t, in, lim, func() int { return 64 * k })
			if want := delivers(slices.Repeat([]seen{{OpText, payload[:size]}}, 100)...); !cmp.Equal(want, got) {
				t.Errorf("got %d messages and code %d", len(got.Messages), got.Code)
			}
		})
	}
}

// What one read brings whole is neither copied nor allocated.
func TestNextInPlace(t *testing.T) {
	in := stream(text("price"), frame(OpBinary, true, strings.Repeat("x", 70000)), ping("p"), text(""))
	buf := make([]byte, len(in))
	allocs := testing.AllocsPerRun(100, func() {
		var a *Assembly
		copy(buf, in)
		count := 0
		for rest := buf; len(rest) > 0; count++ {
			m, after, err := Next(&a, rest, roomy)
			if err != nil || a != nil {
				t.Fatalf("error %v, assembly %p", err, a)
			}
			if end := len(rest) - len(after) - len(m.Payload); len(m.Payload) > 0 && &m.Payload[0] != &rest[end] {
				t.Fatal("payload lies outside the buffer")
			}
			if len(m.Payload) != cap(m.Payload) {
				t.Fatal("appending to the payload would overwrite what follows it")
			}
			rest = after
		}
		if count != 4 {
			t.Fatalf("got %d messages, want 4", count)
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations, want 0", allocs)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, size := range []int{32, 132, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("text of %d", size), func(b *testing.B) {
			in := text(strings.Repeat("x", size))
			buf := make([]byte, len(in))
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			var a *Assembly
			for b.Loop() {
				copy(buf, in)
				if m, _, err := Next(&a, buf, roomy); err != nil || m.Op != OpText {
					b.Fatal(m.Op, err)
				}
			}
		})
	}
	b.Run("1 MiB in reads of 64 KiB", func(b *testing.B) {
		in := text(strings.Repeat("x", 1<<20))
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		for b.Loop() {
			var a *Assembly
			for rest := in; len(rest) > 0; {
				n := min(64<<10, len(rest))
				// The payload is never whole in a read, so in is not changed.
				if _, _, err := Next(&a, rest[:n], roomy); err != nil {
					b.Fatal(err)
				}
				rest = rest[n:]
			}
		}
	})
}
