package wire

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// Many small fragments end at the limit of bytes or of frames; case 18.
func TestAssemblyLimits(t *testing.T) {
	small := Limits{MessageSize: 100, Fragments: 64}
	full := strings.Repeat("x", 100)
	count := func(n int, frame []byte) []byte { return bytes.Repeat(frame, n) }
	tests := map[string]struct {
		in   []byte
		lim  Limits
		want outcome
	}{
		"bytes":             {stream(first("x"), count(100, more("x"))), Limits{MessageSize: 100, Fragments: 1000}, fails(1009)},
		"bytes, last":       {stream(first(full), last("x")), small, fails(1009)},
		"bytes, at limit":   {fragments(OpText, full, 30), small, delivers(seen{OpText, full})},
		"bytes, one frame":  {text(full + "x"), small, fails(1009)},
		"bytes, each anew":  {stream(text(full), text(full)), small, delivers(seen{OpText, full}, seen{OpText, full})},
		"empty frames":      {stream(first(""), count(1000, more(""))), small, fails(1008)},
		"frames, at limit":  {stream(first(""), count(62, more("")), last("")), small, delivers(seen{OpText, ""})},
		"frames, one over":  {stream(first(""), count(63, more("")), last("")), small, fails(1008)},
		"frames, each anew": {count(3, stream(first("a"), last("b"))), Limits{MessageSize: 9, Fragments: 2}, delivers(seen{OpText, "ab"}, seen{OpText, "ab"}, seen{OpText, "ab"})},
		"pings do not count": {
			stream(first("a"), count(3, ping("")), last("b")),
			Limits{MessageSize: 9, Fragments: 2},
			delivers(seen{OpPing, ""}, seen{OpPing, ""}, seen{OpPing, ""}, seen{OpText, "ab"}),
		},
		"zero limit": {stream(text("a"), first("b"), last("c")), Limits{MessageSize: 9}, fails(1008, seen{OpText, "a"})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, tt.lim, tt.want) })
	}
}

// A limit may change while a message is under way.
func TestAssemblyLimitLowered(t *testing.T) {
	var a *Assembly
	if _, _, err := Next(&a, first("0123456789"), roomy); err != nil {
		t.Fatal(err)
	}
	_, _, err := Next(&a, last("x"), Limits{MessageSize: 5, Fragments: 2})
	if got := code(t, err); got != 1009 {
		t.Errorf("got %d, want 1009", got)
	}
}

// A connection keeps an Assembly exactly while a message is under way, and a
// new one for each message.
func TestAssemblyLife(t *testing.T) {
	var a *Assembly
	next := func(in []byte) Opcode {
		t.Helper()
		m, rest, err := Next(&a, bytes.Clone(in), roomy)
		if err != nil || len(rest) != 0 {
			t.Fatalf("error %v, %d bytes left", err, len(rest))
		}
		return m.Op
	}
	hello := text("hello")
	for cut := 1; cut < len(hello); cut++ {
		next(hello[:cut])
		if a == nil {
			t.Fatalf("nothing kept of %d bytes", cut)
		}
		if op := next(hello[cut:]); op != OpText || a != nil {
			t.Fatalf("cut at %d: got opcode %d, assembly %p", cut, op, a)
		}
	}
	next(first("a"))
	message := a
	next(ping("whole"))
	p := ping("in pieces")
	for _, b := range p {
		next([]byte{b})
	}
	next(more(""))
	if a != message {
		t.Error("the assembly changed within a message")
	}
	m, rest, err := Next(&a, stream(last("z"), first("b")), roomy)
	if err != nil || string(m.Payload) != "az" || a != nil {
		t.Fatalf("got %q, %v, assembly %p", m.Payload, err, a)
	}
	next(rest)
	if a == nil || a == message {
		t.Error("the next message has no assembly of its own")
	}
	if string(m.Payload) != "az" {
		t.Errorf("the next message changed the payload to %q", m.Payload)
	}
}

// Header and payload may arrive in different reads and still not be copied.
func TestAssemblyHeaderOnly(t *testing.T) {
	in := text(strings.Repeat("x", 300))
	var a *Assembly
	if _, _, err := Next(&a, in[:5], roomy); err != nil {
		t.Fatal(err)
	}
	buf := in[5:]
	m, _, err := Next(&a, buf, roomy)
	if err != nil || m.Op != OpText || &m.Payload[0] != &buf[3] {
		t.Errorf("got opcode %d, error %v, or a copy", m.Op, err)
	}
}

// What is kept is bounded by what has arrived, not by what was announced; cases
// 16 and 18.
func TestAssemblySize(t *testing.T) {
	if got := (*Assembly)(nil).Size(); got != 0 {
		t.Errorf("nothing occupies %d bytes", got)
	}
	if got := unsafe.Sizeof(Assembly{}); got > 128 {
		t.Errorf("an empty assembly occupies %d bytes", got)
	}
	var a *Assembly
	if _, _, err := Next(&a, declare(0x81, 1<<20), roomy); err != nil {
		t.Fatal(err)
	}
	if got := a.Size(); got > 128 {
		t.Errorf("an announced MiB occupies %d bytes", got)
	}
	lim := Limits{MessageSize: 100_000, Fragments: 1 << 20}
	in := fragments(OpBinary, strings.Repeat("x", lim.MessageSize), 7)
	feed(t, in, lim, func() int { return 1 }) // checks the bound after each byte
}

// Work is linear in the message, however it is cut: all that is allocated on
// the way is a small multiple of it.
func TestAssemblyLinear(t *testing.T) {
	const size = 1 << 20
	payload := strings.Repeat("x", size)
	lim := Limits{MessageSize: size, Fragments: size}
	for name, in := range map[string][]byte{
		"one frame":      text(payload),
		"small frames":   fragments(OpText, payload, 100),
		"unequal frames": stream(first(payload[:1]), more(payload[:size/2]), last(payload[:size/2-1])),
	} {
		t.Run(name, func(t *testing.T) {
			var (
				a             *Assembly
				got           int
				before, after runtime.MemStats
			)
			runtime.ReadMemStats(&before)
			for rest := in; len(rest) > 0; {
				n := min(97, len(rest))
				buf := rest[:n]
				for len(buf) > 0 {
					m, left, err := Next(&a, buf, lim)
					if err != nil {
						t.Fatal(err)
					}
					got += len(m.Payload)
					buf = left
				}
				rest = rest[n:]
			}
			runtime.ReadMemStats(&after)
			if got != size {
				t.Errorf("got %d bytes, want %d", got, size)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 4*size {
				t.Errorf("allocated %d bytes for %d", n, size)
			}
		})
	}
}

// Reads that end at every possible place of a stream give the same messages.
func TestAssemblyEveryCut(t *testing.T) {
	in := stream(
		text("a"), first("κό"), ping("p"), more("σ"), last("με"), frame(OpBinary, true, strings.Repeat("\xff", 130)),
		first("a"), last(""), frame(OpPong, true, ""), frame(OpClose, true, "\x03\xe8bye"),
	)
	want := feed(t, in, roomy, reads["whole"]())
	if len(want.Messages) != 7 || want.Code != 0 {
		t.Fatalf("got %+v", want)
	}
	for i := 1; i < len(in); i++ {
		for j := 1; j < len(in)-i; j++ {
			sizes := []int{i, j, len(in)}
			got := feed(t, in, roomy, func() int { n := sizes[0]; sizes = sizes[1:]; return n })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("cut after %d and %d: (-want +got)\n%s", i, j, diff)
			}
		}
	}
}
