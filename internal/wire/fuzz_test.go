package wire

import (
	"bytes"
	"compress/flate"
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

// FuzzCuts: how a stream is cut into reads never changes what comes of it, with
// and without deflate. Without a compressed message the two are the same.
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
		zipped(OpText, "\xf2\x48\xcd\xc9\xc9\x07\x00"),
		stream(reserved(4, first("\xf2\x48\xcd")), ping("now"), more(""), last("\xc9\xc9\x07\x00"), text("plain")),
		stream(zipped(OpBinary, packed(f, strings.Repeat("x", 300), 6)), zipped(OpBinary, packed(f, strings.Repeat("x", 301), 6))),
		stream(zipped(OpText, "\x00"), zipped(OpText, ""), reserved(4, first("\x00")), reserved(4, last("\x00"))),
		declare(0xc2, 1<<62),
	} {
		f.Add(in, []byte{0})
		f.Add(in, []byte{1, 5, 2, 40})
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte) {
		var wants []outcome
		for _, lim := range []Limits{tight, deflating(tight)} {
			want := feed(t, in, lim, reads["whole"]())
			i := -1
			got := feed(t, in, lim, func() int {
				if len(cuts) == 0 {
					return 1
				}
				i = (i + 1) % len(cuts)
				return 1 + int(cuts[i])
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("whole and in reads of %v, deflate %v: (-whole +cut)\n%s", cuts, lim.Inflater != nil, diff)
			}
			wants = append(wants, want)
		}
		if diff := cmp.Diff(wants[0], wants[1]); diff != "" && wants[0].Code != 1002 {
			t.Errorf("(-without deflate +with)\n%s", diff)
		}
	})
}

// FuzzReference: a stream of sound frames gives what a plain reader of
// gobwas/ws frames makes of it, which inflates by the standard library. Two
// bytes of plan make each frame: its kind, and how much of the payload it takes.
func FuzzReference(f *testing.F) {
	f.Add([]byte{0, 5, 1, 200, 9, 3, 10, 0, 2, 7, 3, 9, 4, 1}, []byte("abcdefκόσμε, 𝄞 and more of it"), uint32(0x37fa213d), byte(3))
	f.Add([]byte{2, 1, 9, 125, 4, 1, 9, 0, 4, 1, 5, 1, 8, 2}, []byte("€"), uint32(0), byte(1))
	f.Add([]byte{1, 255, 3, 255, 5, 255, 5, 255, 8, 2}, []byte("\xff\xfe\xfd"), uint32(1), byte(255))
	f.Add([]byte{0x20, 5, 0x31, 200, 9, 3, 0x10, 70, 0, 255, 0, 9, 0x20, 0, 0x61, 8}, []byte("abcabcabd"), uint32(7), byte(2))
	f.Add([]byte{0x31, 255, 0x10, 0, 10, 9, 0x10, 3, 0, 0, 0x21, 255}, []byte("\xff\x00"), uint32(7), byte(9))
	f.Fuzz(func(t *testing.T, plan, payload []byte, key uint32, read byte) {
		if len(plan) > 200 {
			return
		}
		in := planned(t, plan, payload, key)
		want := reference(t, in)
		lim := deflating(Limits{MessageSize: 1 << 20, Fragments: 1 << 10})
		got := feed(t, in, lim, func() int { return 1 + int(read) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-reference +got)\n%s", diff)
		}
	})
}

// planned makes a stream whose every header is right in its place. 0x10 in a
// frame's kind means that others follow, 0x20 that its message is compressed,
// 0x40 that this is done wrongly.
func planned(t *testing.T, plan, payload []byte, key uint32) []byte {
	t.Helper()
	var out []byte
	var zip *flate.Writer // of the message under way, if it is compressed
	var buf bytes.Buffer
	open := false
	for ; len(plan) >= 2; plan = plan[2:] {
		op, final := Opcode(plan[0]&0xf), plan[0]&0x10 == 0
		n := int(plan[1])
		var rsv byte
		control := op >= OpClose && op <= OpPong
		switch {
		case control:
			final, n = true, min(n, ws.MaxControlFramePayloadSize)
		case open:
			op, open = OpContinuation, !final
		default:
			op, open, zip = OpText+op&1, !final, nil
			if plan[0]&0x20 != 0 {
				zip, rsv = newFlate(t, &buf), rsv1>>4
			}
		}
		body := bytes.Repeat(payload, n/max(1, len(payload))+1)
		body = body[:min(n, len(body))]
		if zip != nil && !control && plan[0]&0x40 == 0 {
			body = piece(t, zip, &buf, body, final)
		}
		mask := [4]byte{byte(key >> 24), byte(key >> 16), byte(key >> 8), byte(key)}
		key = key*1664525 + 1013904223
		f := ws.MaskFrameWith(ws.NewFrame(op, final, body), mask)
		f.Header.Rsv = rsv
		out = append(out, ws.MustCompileFrame(f)...)
	}
	return out
}

func newFlate(t *testing.T, to *bytes.Buffer) *flate.Writer {
	t.Helper()
	w, err := flate.NewWriter(to, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// piece is what a client that compresses as it goes sends of body.
func piece(t *testing.T, w *flate.Writer, to *bytes.Buffer, body []byte, final bool) []byte {
	t.Helper()
	to.Reset()
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	sent := bytes.Clone(to.Bytes())
	if final {
		sent = bytes.TrimSuffix(sent, []byte(deflateTail))
	}
	return sent
}

// reference reads a stream of sound frames in the plainest way.
func reference(t *testing.T, in []byte) (out outcome) {
	t.Helper()
	var message *seen
	compressed := false
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
			message, compressed = &seen{Op: h.OpCode}, h.Rsv1()
		}
		message.Payload += payload
		if compressed {
			if !h.Fin {
				continue
			}
			var ok bool
			if message.Payload, ok = unpacked(message.Payload); !ok {
				out.Code = 1007
				return out
			}
		}
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
