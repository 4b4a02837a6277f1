package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// tight is small enough for a fuzzer to reach.
var tight = Limits{MessageSize: 300, Fragments: 5}

// FuzzCuts: how a stream is cut into reads never changes what comes of it.
func FuzzCuts(f *testing.F) {
	for _, in := range [][]byte{
		text("hello"),
		stream(first("κό"), ping("now"), more("σ"), last("με"), frame(OpClose, true, "\x03\xe8bye")),
		stream(text(kosme), text("\xf4\x90")),
		stream(first(""), more(""), more(""), more(""), more(""), last("")),
		stream(frame(OpBinary, true, strings.Repeat("\xff", 200)), frame(OpPong, true, ""), reserved(4, text("a"))),
		fragments(OpBinary, strings.Repeat("x", 301), 100),
		declare(0x82, 1<<63),
		declare(0x82, 5),
		declare(0x01, 1<<62),
		AppendFrame(nil, OpText, []byte("unmasked")),
		{0x81, 0xfe, 0, 126, 1, 2, 3, 4, 'a'},
	} {
		f.Add(in, []byte{0})
		f.Add(in, []byte{1, 5, 2, 40})
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte) {
		want := feed(t, in, tight, reads["whole"]())
		i := -1
		got := feed(t, in, tight, func() int {
			if len(cuts) == 0 {
				return 1
			}
			i = (i + 1) % len(cuts)
			return 1 + int(cuts[i])
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("whole and in reads of %v: (-whole +cut)\n%s", cuts, diff)
		}
	})
}

// FuzzReference: a stream of sound frames gives what a plain reader of
// gobwas/ws frames makes of it. Two bytes of plan make each frame: its kind,
// and how much of the payload it takes.
func FuzzReference(f *testing.F) {
	f.Add([]byte{0, 5, 1, 200, 9, 3, 10, 0, 2, 7, 3, 9, 4, 1}, []byte("abcdefκόσμε, 𝄞 and more of it"), uint32(0x37fa213d), byte(3))
	f.Add([]byte{2, 1, 9, 125, 4, 1, 9, 0, 4, 1, 5, 1, 8, 2}, []byte("€"), uint32(0), byte(1))
	f.Add([]byte{1, 255, 3, 255, 5, 255, 5, 255, 8, 2}, []byte("\xff\xfe\xfd"), uint32(1), byte(255))
	f.Fuzz(func(t *testing.T, plan, payload []byte, key uint32, read byte) {
		if len(plan) > 200 {
			return
		}
		in := planned(plan, payload, key)
		want := reference(t, in)
		lim := Limits{MessageSize: 1 << 20, Fragments: 1 << 10}
		got := feed(t, in, lim, func() int { return 1 + int(read) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-reference +got)\n%s", diff)
		}
	})
}

// planned makes a stream whose every header is right in its place.
func planned(plan, payload []byte, key uint32) []byte {
	var out []byte
	open := false
	for ; len(plan) >= 2; plan = plan[2:] {
		op, final := Opcode(plan[0]&0xf), plan[0]&0x10 == 0
		n := int(plan[1])
		switch {
		case op >= OpClose && op <= OpPong:
			final, n = true, min(n, ws.MaxControlFramePayloadSize)
		case open:
			op, open = OpContinuation, !final
		default:
			op, open = OpText+op&1, !final
		}
		body := bytes.Repeat(payload, n/max(1, len(payload))+1)
		body = body[:min(n, len(body))]
		mask := [4]byte{byte(key >> 24), byte(key >> 16), byte(key >> 8), byte(key)}
		key = key*1664525 + 1013904223
		out = append(out, ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, final, body), mask))...)
	}
	return out
}

// reference reads a stream of sound frames in the plainest way.
func reference(t *testing.T, in []byte) (out outcome) {
	t.Helper()
	var message *seen
	for r := bytes.NewReader(in); ; {
		h, err := ws.ReadHeader(r)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the stream is not sound: %v", err)
		}
		data := make([]byte, h.Length)
		if _, err := io.ReadFull(r, data); err != nil {
			t.Fatalf("the stream is not sound: %v", err)
		}
		ws.Cipher(data, h.Mask, 0)
		payload := string(data)
		switch {
		case h.OpCode.IsControl():
			out.Messages = append(out.Messages, seen{h.OpCode, payload})
			if h.OpCode == OpClose {
				return out
			}
			continue
		case h.OpCode != OpContinuation:
			message = &seen{Op: h.OpCode}
		}
		message.Payload += payload
		if message.Op == OpText && !sound(message.Payload, h.Fin) {
			out.Code = 1007
			return out
		}
		if h.Fin {
			out.Messages = append(out.Messages, *message)
		}
	}
}

// sound reports whether s is UTF-8 or, if more follows, may become so.
func sound(s string, final bool) bool {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			return !final && completable(s, 3)
		}
		s = s[n:]
	}
	return true
}
