package outcry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// Bits of a frame's first byte.
const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

// masked makes a client's frame of any first byte, its length in the shortest
// form.
func masked(first byte, payload string) []byte {
	n := len(payload)
	switch {
	case n < 126:
		return append([]byte{first, 0x80 | byte(n)}, body(payload)...)
	case n < 1<<16:
		return append(binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(n)), body(payload)...)
	default:
		return append(announce(first, uint64(n)), body(payload)...)
	}
}

// body is a mask and a masked payload.
func body(payload string) []byte {
	mask := [4]byte{0x11, 0x22, 0x33, 0x44}
	b := []byte(payload)
	ws.Cipher(b, mask, 0)
	return append(mask[:], b...)
}

// announce is the start of a frame with a length of eight bytes.
func announce(first byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, n)
}

func join(frames ...[]byte) []byte { return slices.Concat(frames...) }

type badFrames struct {
	name string
	sent []byte
	code uint16
}

// runBad sends each on a connection of its own and wants its close code.
func runBad(t *testing.T, r *rig, tests []badFrames) {
	t.Helper()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := r.in(t).connect("/ws")
			c.raw(tc.sent)
			if reason := c.wantClose(tc.code); reason == "" && tc.code != 1005 {
				t.Error("the close has no reason")
			}
			_ = c.conn.Close()
		})
	}
}

// Case 13: framing errors close with 1002.
func TestFraming(t *testing.T) {
	long := strings.Repeat("x", 126)
	onBoth(t, open(), func(t *testing.T, r *rig) {
		runBad(t, r, []badFrames{
			{"unmasked text", ws.MustCompileFrame(ws.NewTextFrame([]byte("{}"))), 1002},
			{"unmasked ping", ws.MustCompileFrame(ws.NewPingFrame(nil)), 1002},
			{"ping of 126 bytes", masked(fin|0x9, long), 1002},
			{"pong of 126 bytes", masked(fin|0xa, long), 1002},
			{"close of 126 bytes", masked(fin|0x8, "\x03\xe8"+long), 1002},
			{"fragmented ping", masked(0x9, ""), 1002},
			{"fragmented pong", masked(0xa, ""), 1002},
			{"fragmented close", masked(0x8, ""), 1002},
			{"text inside of a text", join(masked(0x1, "{"), masked(fin|0x1, "}")), 1002},
			{"binary inside of a text", join(masked(0x1, "{"), masked(fin|0x2, "}")), 1002},
			{"continuation of nothing", masked(fin, "{}"), 1002},
			{"continuation after a whole message", join(masked(fin|0x1, `{"type":"pong"}`), masked(0, "{}")), 1002},
			{"continuation after the last fragment", join(masked(0x1, `{"type":`), masked(fin, `"pong"}`), masked(fin, "")), 1002},
		})
		t.Run("ping between fragments", func(t *testing.T) {
			c := r.in(t).connect("/ws")
			c.raw(join(masked(0x1, `{"type":"pi`), masked(fin|0x9, "payload"), masked(0, `ng","times`), masked(fin|0xa, ""), masked(fin, `tamp":7}`)))
			if op, payload, err := c.next(); op != ws.OpPong || string(payload) != "payload" || err != nil {
				t.Fatalf("got %v %q %v, want the pong", op, payload, err)
			}
			if o := c.want("pong"); o["client_timestamp"] != 7.0 {
				t.Fatalf("got %v", o)
			}
			_ = c.conn.Close()
		})
	})
}

// Case 14: close codes that must not be sent are 1002, reasons that are not
// UTF-8 1007; the others are echoed.
func TestCloseCodes(t *testing.T) {
	frame := func(code uint16, reason string) []byte {
		return masked(fin|0x8, string(binary.BigEndian.AppendUint16(nil, code))+reason)
	}
	onBoth(t, open(), func(t *testing.T, r *rig) {
		var tests []badFrames
		for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
			tests = append(tests, badFrames{fmt.Sprint(code), frame(code, "reason"), 1002})
		}
		tests = append(tests,
			badFrames{"half a code", masked(fin|0x8, "\x03"), 1002},
			badFrames{"reason not UTF-8", frame(1000, "\xff"), 1007},
			badFrames{"reason cut off", frame(1000, "\xed\x95"), 1007},
			badFrames{"no code", masked(fin|0x8, ""), 1005})
		runBad(t, r, tests)
		for _, code := range []uint16{1000, 1001, 1003, 1008, 1011, 1012, 1014, 3000, 4000, 4999} {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				c := r.in(t).connect("/ws")
				c.raw(join(frame(code, "bye"), masked(fin|0x1, `{"type":"ping"}`))) // what follows is not served
				c.wantClose(code)
				_ = c.conn.Close()
			})
		}
	})
}

// Case 15: reserved bits without an extension are 1002, wherever they stand.
func TestReservedBits(t *testing.T) {
	var tests []badFrames
	for bits, name := range map[byte]string{rsv1: "RSV1", rsv2: "RSV2", rsv3: "RSV3", rsv1 | rsv3: "RSV1 and RSV3"} {
		tests = append(tests,
			badFrames{name + " on text", masked(fin|bits|0x1, "{}"), 1002},
			badFrames{name + " on binary", masked(fin|bits|0x2, "{}"), 1002},
			badFrames{name + " on a continuation", join(masked(0x1, "{"), masked(fin|bits, "}")), 1002},
			badFrames{name + " on ping", masked(fin|bits|0x9, ""), 1002},
			badFrames{name + " on close", masked(fin|bits|0x8, "\x03\xe8"), 1002},
		)
	}
	onBoth(t, open(), func(t *testing.T, r *rig) { runBad(t, r, tests) })
}

// Cases 16 and 17: what is announced is refused before it is allocated.
func TestHugeLengths(t *testing.T) {
	const limit = 4096
	cfg := open()
	cfg.Limits.MaxMessageSize = limit
	tests := []badFrames{
		{"2^63", announce(fin|0x1, 1<<63), 1002},
		{"2^64-1", announce(fin|0x1, 1<<64-1), 1002},
		{"2^63-1", announce(fin|0x1, 1<<63-1), 1009},
		{"2^62", announce(fin|0x1, 1<<62), 1009},
		{"2^32", announce(fin|0x2, 1<<32), 1009},
		{"limit + 1", masked(fin|0x1, strings.Repeat("x", limit+1))[:4], 1009},
		{"limit + 1 by fragments", join(masked(0x1, strings.Repeat("x", limit)), masked(0, "x")), 1009},
		{"continuation of 2^63-1", join(masked(0x1, "x"), announce(0, 1<<63-1)), 1009},
		{"length of 16 bits not minimal", []byte{fin | 0x1, 0x80 | 126, 0, 125, 0, 0, 0, 0}, 1002},
		{"length of 64 bits not minimal", announce(fin|0x1, 65535), 1002},
		{"length zero in 64 bits", announce(fin|0x1, 0), 1002},
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		tests = append(tests, badFrames{fmt.Sprintf("opcode %X of 2^62", op), announce(fin|op, 1<<62), 1002})
	}
	onBoth(t, cfg, func(t *testing.T, r *rig) {
		for _, tc := range tests {
			t.Run(tc.name, func(t *testing.T) {
				c := r.in(t).connect("/ws")
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				c.raw(tc.sent)
				c.wantClose(tc.code)
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
					t.Errorf("%d bytes allocated", n)
				}
				_ = c.conn.Close()
			})
		}
		t.Run("limit", func(t *testing.T) {
			c := r.in(t).connect("/ws")
			frame := `{"type":"ping","timestamp":""}`
			c.send("%s", frame[:len(frame)-2]+strings.Repeat("x", limit-len(frame))+frame[len(frame)-2:])
			c.want("pong")
			_ = c.conn.Close()
		})
	})
}

// Case 21: text is UTF-8, or the connection is closed with 1007; code points
// may be cut by fragments.
func TestUTF8(t *testing.T) {
	onBoth(t, open(), func(t *testing.T, r *rig) {
		runBad(t, r, []badFrames{
			{"stray byte", masked(fin|0x1, `{"type":"`+"\xff"+`"}`), 1007},
			{"surrogate", masked(fin|0x1, `{"type":"`+"\xed\xa0\x80"+`"}`), 1007},
			{"overlong", masked(fin|0x1, `{"type":"`+"\xc0\xaf"+`"}`), 1007},
			{"beyond U+10FFFF", masked(fin|0x1, `{"type":"`+"\xf4\x90\x80\x80"+`"}`), 1007},
			{"code point cut off at the end", masked(fin|0x1, "\xed\x95"), 1007},
			{"cut off at the end of the last fragment", join(masked(0x1, "\xed"), masked(fin, "\x95")), 1007},
			{"broken across fragments", join(masked(0x1, "\xed"), masked(0, "\x20")), 1007},
			{"surrogate across fragments", join(masked(0x1, "\xed"), masked(0, "\xa0")), 1007},
			{"broken in a frame that has not all come", announceText("\xff\xff", 5000), 1007},
		})
		t.Run("cut across fragments", func(t *testing.T) {
			c := r.in(t).connect("/ws")
			const word = "한국어 é 𝄞"
			command := fmt.Sprintf(`{"type":"ping","timestamp":%q}`, word)
			for at := range len(command) + 1 {
				c.raw(join(masked(0x1, command[:at]), masked(fin, command[at:])))
				if o := c.want("pong"); o.str("client_timestamp") != word {
					t.Fatalf("cut at %d: got %v", at, o)
				}
			}
			frames := [][]byte{masked(0x1, "")}
			for i := range len(command) - 1 {
				frames = append(frames, masked(0, command[i:i+1]))
			}
			c.raw(join(append(frames, masked(fin, command[len(command)-1:]))...))
			if o := c.want("pong"); o.str("client_timestamp") != word {
				t.Fatalf("byte by byte: got %v", o)
			}
			_ = c.conn.Close()
		})
	})
}

// announceText is the start of a text frame of n bytes.
func announceText(start string, n uint16) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{fin | 0x1, 0x80 | 126}, n), body(start)...)
}

// Case 18: a message has a bounded number of fragments and bytes.
func TestFragments(t *testing.T) {
	cfg := open()
	cfg.Limits.MaxFragments = 8
	cfg.Limits.MaxMessageSize = 1024
	onBoth(t, cfg, func(t *testing.T, r *rig) {
		some := slices.Repeat(masked(0, "x"), 7)
		runBad(t, r, []badFrames{
			{"too many", join(masked(0x1, "x"), some, masked(0, "x")), 1008},
			{"too many of no bytes", join(masked(0x1, ""), slices.Repeat(masked(0, ""), 8)), 1008},
			{"too many bytes", join(masked(0x1, strings.Repeat("x", 1000)), masked(0, strings.Repeat("x", 24)), masked(0, "x")), 1009},
			{"too many in a binary message", join(masked(0x2, "x"), some, masked(fin, "x")), 1008},
		})
		t.Run("as many as allowed", func(t *testing.T) {
			c := r.in(t).connect("/ws")
			for range 3 { // the count begins anew with each message
				c.raw(join(masked(0x1, `{"type":"ping"`), slices.Repeat(masked(0, " "), 6), masked(fin, `}`)))
				c.want("pong")
			}
			_ = c.conn.Close()
		})
	})
}

// Binary messages are not part of the protocol. The client reads our code
// although it has sent what we did not read: the socket is not reset.
func TestCloseIsRead(t *testing.T) {
	r := start(t, open())
	control := r.connect("/ws/control")
	before := measure(r)
	c := r.connect("/ws")
	c.raw(join(masked(fin|0x2, "x"), slices.Repeat(masked(fin|0x1, strings.Repeat("y", 1000)), 50)))
	c.raw(slices.Repeat(masked(fin|0x1, strings.Repeat("z", 100)), 50)) // after the Close frame, perhaps
	if reason := c.wantClose(1003); !strings.Contains(reason, "binary") {
		t.Errorf("reason %q", reason)
	}
	if _, _, err := c.next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the Close frame: %v, want EOF", err)
	}
	_ = c.conn.Close()
	settled(t, r, control, before)
}

// Case 14: a peer that never answers our Close frame, and never closes, is
// gone all the same.
func TestCloseNeverAnswered(t *testing.T) {
	onBoth(t, open(), func(t *testing.T, r *rig) {
		files := measure(r).files
		var clients []*client
		for range 5 {
			c := r.connect("/ws")
			c.raw(masked(fin|0x2, "x"))
			c.wantClose(1003)
			clients = append(clients, c)
		}
		mine := 0
		if _, ok := clients[0].conn.(*net.TCPConn); ok {
			mine = len(clients) // descriptors of the clients' ends
		}
		eventually(t, "server's ends are closed", func() bool { return measure(r).files <= files+mine })
		for _, c := range clients {
			_ = c.conn.Close()
		}
	})
}
