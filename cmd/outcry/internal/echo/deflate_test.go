package echo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// compressed is a client's frame whose payload is deflated.
func compressed(t *testing.T, f ws.Frame) []byte {
	t.Helper()
	f, err := wsflate.CompressFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	return masked(f)
}

// inflated is the payload of a server's frame, and whether it was compressed.
func inflated(t *testing.T, f ws.Frame) (payload string, was bool) {
	t.Helper()
	was, err := wsflate.IsCompressed(f.Header)
	if err != nil {
		t.Fatalf("header %+v: %v", f.Header, err)
	}
	if was {
		if f, err = wsflate.DecompressFrame(f); err != nil {
			t.Fatal(err)
		}
	}
	return string(f.Payload), was
}

// TestDeflate covers case 12, groups 12 and 13 of the Autobahn test suite:
// messages of many sizes under every kind of offer, over both drivers.
func TestDeflate(t *testing.T) {
	const takeover = "; server_no_context_takeover; client_no_context_takeover"
	offers := map[string]struct {
		offer, answer string
		most          int // bytes of a message that comes compressed
	}{
		"12":   {"permessage-deflate", takeover, limit},
		"13.1": {"permessage-deflate; client_no_context_takeover", takeover, limit},
		"13.2": {"permessage-deflate; client_no_context_takeover; server_no_context_takeover", takeover, limit},
		"13.3": {"permessage-deflate; client_max_window_bits", takeover, limit},
		"13.5": {"permessage-deflate; server_max_window_bits=9; client_max_window_bits=9", takeover + "; server_max_window_bits=9", 512},
		"13.7": {"permessage-deflate; server_max_window_bits=7, x-other, permessage-deflate; server_max_window_bits=12", takeover + "; server_max_window_bits=12", 4096},
	}
	overDrivers(t, func(t *testing.T, address string) {
		for name, tt := range offers {
			t.Run(name, func(t *testing.T) {
				c := dial(t, address, tt.offer)
				if want := "permessage-deflate" + tt.answer; c.extensions != want {
					t.Fatalf("the server answers %q, want %q", c.extensions, want)
				}
				for _, n := range []int{0, 1, 16, 64, 256, 512, 513, 1024, 4096, 8192, 32768, 65536, 131072} {
					for _, payload := range []string{ticks(n), noise(n)} {
						c.echoes(n, payload, n <= tt.most)
					}
				}
				c.write(closing(normal, ""))
				c.closedWith(normal)
			})
		}
	})
}

// echoes sends a message compressed, whole, and in fragments, and as it is.
func (c *client) echoes(n int, payload string, packed bool) {
	c.t.Helper()
	plain := ws.NewBinaryFrame([]byte(payload))
	whole := compressed(c.t, plain)
	cut := len(payload) / 3
	for _, sent := range [][]byte{whole, masked(plain), append(part(ws.OpBinary, false, payload[:cut]), part(ws.OpContinuation, true, payload[cut:])...)} {
		go func() { _, _ = c.Write(sent) }()
		f := c.next()
		got, was := inflated(c.t, f)
		if got != payload || was != packed || f.Header.OpCode != ws.OpBinary {
			c.t.Fatalf("%d bytes: got opcode %d, %d bytes, compressed %t (want %t)", n, f.Header.OpCode, len(got), was, packed)
		}
	}
}

// ticks are n bytes as a market would send them, noise n that do not shrink.
func ticks(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"type":"quote","symbol":"SYM%d","price":%d.%02d}`, i%50, 100+i%7, i%100)
	}
	return b.String()[:n]
}

func noise(n int) string {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b) // never fails
	return string(b)
}

// TestDeflateBadInput covers cases 15, 22 and 23 with compression on.
func TestDeflateBadInput(t *testing.T) {
	rsv1 := func(frame []byte) []byte {
		frame[0] |= 0x40
		return frame
	}
	overDrivers(t, func(t *testing.T, address string) {
		for name, tt := range map[string]struct {
			send []byte
			code uint16
		}{
			"case 15, ping compressed":     {rsv1(ping("x")), protocolError},
			"case 15, RSV1 in a fragment":  {append(part(ws.OpText, false, "a"), rsv1(part(ws.OpContinuation, true, "b"))...), protocolError},
			"case 22, one byte too many":   {compressed(t, ws.NewBinaryFrame(make([]byte, limit+1))), tooBig},
			"case 22, bomb":                {compressed(t, ws.NewBinaryFrame(make([]byte, 16<<20))), tooBig},
			"case 23, corrupt":             {rsv1(bin("\xff\xff\xff\xff")), badText},
			"case 23, cut off":             {rsv1(bin(ticks(64))), badText},
			"case 21, inflates to no text": {compressed(t, ws.NewTextFrame([]byte("\xff\xfe"))), badText},
		} {
			t.Run(name, func(t *testing.T) {
				c := dial(t, address, "permessage-deflate")
				go func() { _, _ = c.Write(tt.send) }()
				c.closedWith(tt.code)
			})
		}
		t.Run("case 22, exactly at the limit", func(t *testing.T) {
			c := dial(t, address, "permessage-deflate")
			c.write(compressed(t, ws.NewBinaryFrame(make([]byte, limit))))
			if got, was := inflated(t, c.next()); len(got) != limit || !was {
				t.Errorf("got %d bytes, compressed %t", len(got), was)
			}
		})
	})
}
