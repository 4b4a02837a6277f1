package load

import (
	"bytes"
	"io"
	"testing"

	"github.com/gobwas/ws"
)

// serverFrames are what servers may send, as an independent encoder writes it.
func serverFrames(tb testing.TB) map[string][]byte {
	tb.Helper()
	fragment := ws.NewFrame(ws.OpText, false, []byte("frag"))
	packed := ws.NewTextFrame([]byte("packed"))
	packed.Header.Rsv = ws.Rsv(true, false, false)
	frames := map[string][]byte{}
	for name, f := range map[string]ws.Frame{
		"empty":      ws.NewTextFrame(nil),
		"short":      ws.NewTextFrame([]byte("hello")),
		"125 bytes":  ws.NewTextFrame(bytes.Repeat([]byte("a"), 125)),
		"126 bytes":  ws.NewTextFrame(bytes.Repeat([]byte("a"), 126)),
		"64 KiB":     ws.NewTextFrame(bytes.Repeat([]byte("a"), 1<<16)),
		"ping":       ws.NewPingFrame([]byte("x")),
		"close":      ws.NewCloseFrame(ws.NewCloseFrameBody(4005, "draining")),
		"fragment":   fragment,
		"compressed": packed,
	} {
		b, err := ws.CompileFrame(f)
		if err != nil {
			tb.Fatal(err)
		}
		frames[name] = b
	}
	return frames
}

func TestParseFrame(t *testing.T) {
	for name, b := range serverFrames(t) {
		t.Run(name, func(t *testing.T) {
			r := bytes.NewReader(b)
			h, err := ws.ReadHeader(r)
			if err != nil {
				t.Fatal(err)
			}
			payload, _ := io.ReadAll(r)
			f, size, err := parseFrame(append(b, "the next frame"...))
			if err != nil {
				t.Fatal(err)
			}
			if size != len(b) || byte(f.op) != byte(h.OpCode) || f.fin != h.Fin || f.compressed != h.Rsv1() ||
				!bytes.Equal(f.payload, payload) {
				t.Errorf("got frame %v of size %d, want header %v and size %d", f, size, h, len(b))
			}
			for n := range min(len(b), 200) {
				if _, size, err := parseFrame(b[:n]); size != 0 || err != nil {
					t.Fatalf("of %d bytes: size %d, error %v; want to wait for more", n, size, err)
				}
			}
		})
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"masked":        {0x81, 0x81, 1, 2, 3, 4, 5},
		"reserved bits": {0xb1, 0},
		"too long":      {0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := parseFrame(b); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Whatever comes, a frame is never larger than what it was read from.
func FuzzParseFrame(f *testing.F) {
	for _, b := range serverFrames(f) {
		f.Add(b[:min(len(b), 200)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, size, err := parseFrame(b)
		if size > len(b) || len(fr.payload) > size || err != nil && size != 0 {
			t.Errorf("size %d of %d, payload %d, error %v", size, len(b), len(fr.payload), err)
		}
	})
}

func TestClientFrame(t *testing.T) {
	for _, n := range []int{0, 5, 125, 126, 5000} {
		want := bytes.Repeat([]byte("xyz"), n)[:n]
		f, err := readClientFrame(bytes.NewReader(clientFrame(opText, want)))
		if err != nil {
			t.Fatal(err)
		}
		if !f.Header.Masked || !f.Header.Fin || f.Header.OpCode != ws.OpText || !bytes.Equal(f.Payload, want) {
			t.Errorf("%d bytes: got header %v and %d bytes", n, f.Header, len(f.Payload))
		}
	}
}

func readClientFrame(r io.Reader) (ws.Frame, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return ws.Frame{}, err
	}
	payload, err := io.ReadAll(r)
	ws.Cipher(payload, h.Mask, 0)
	return ws.Frame{Header: h, Payload: payload}, err
}
