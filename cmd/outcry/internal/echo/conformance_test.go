package echo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// exchange is what a client sends on a new connection, and what it is to get.
type exchange struct {
	name string
	send [][]byte
	want []reply
	code uint16 // of the Close frame behind it; zero: it comes when the client closes
}

// reply is a frame of the server.
type reply struct {
	op      ws.OpCode
	payload string
}

func texts(payloads ...string) []reply { return replies(ws.OpText, payloads) }
func pongs(payloads ...string) []reply { return replies(ws.OpPong, payloads) }

func replies(op ws.OpCode, payloads []string) (list []reply) {
	for _, p := range payloads {
		list = append(list, reply{op, p})
	}
	return list
}

// The close codes of these tests; 1005 is that of a frame without one.
const (
	normal        = 1000
	protocolError = 1002
	noCode        = 1005
	badText       = 1007
	tooBig        = 1009
)

// TestConformance covers case 12, groups 1 to 7 in the numbering of the
// Autobahn test suite, over both drivers: whole, and one byte at a time. The
// tests of internal/wire go through every case of the groups.
func TestConformance(t *testing.T) {
	all := slices.Concat(sizes(), pings(), headers(), fragments(), utf8Texts(), closes())
	overDrivers(t, func(t *testing.T, address string) {
		for _, x := range all {
			sent := bytes.Join(x.send, nil)
			t.Run(x.name, func(t *testing.T) { x.run(t, address, sent) })
			if len(sent) < 500 {
				t.Run(x.name+", byte by byte", func(t *testing.T) { x.run(t, address, bytes.SplitAfter(sent, nil)...) })
			}
		}
	})
}

// run sends the pieces, each in a write of its own, while it reads.
func (x *exchange) run(t *testing.T, address string, pieces ...[]byte) {
	t.Helper()
	c := dial(t, address, "")
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, p := range pieces {
			if _, err := c.Write(p); err != nil {
				return // the server has closed, which is for the reader to judge
			}
		}
	}()
	for i, want := range x.want {
		f := c.next()
		if got := (reply{f.Header.OpCode, string(f.Payload)}); got != want {
			t.Fatalf("reply %d: %v %.100q, want %v %.100q", i, got.op, got.payload, want.op, want.payload)
		}
		if f.Header.Rsv != 0 || f.Header.Masked || !f.Header.Fin {
			t.Errorf("reply %d has the header %+v", i, f.Header)
		}
	}
	code := x.code
	if code == 0 {
		<-sent
		code = normal
		c.write(closing(normal, "bye"))
	}
	c.closedWith(code)
}

// closedWith reads the Close frame and the end of the connection.
func (c *client) closedWith(want uint16) {
	c.t.Helper()
	f := c.next()
	code := uint16(noCode)
	if f.Header.OpCode == ws.OpClose && len(f.Payload) >= 2 {
		code = uint16(f.Payload[0])<<8 | uint16(f.Payload[1])
	}
	if f.Header.OpCode != ws.OpClose || code != want {
		c.t.Fatalf("got opcode %d, %.100q, want Close %d", f.Header.OpCode, f.Payload, want)
	}
	c.ended()
}

// sizes is group 1.
func sizes() (list []exchange) {
	for _, n := range []int{0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20} {
		p := strings.Repeat("*", n)
		list = append(list,
			exchange{name: fmt.Sprintf("1.1 text of %d", n), send: [][]byte{text(p)}, want: texts(p)},
			exchange{name: fmt.Sprintf("1.2 binary of %d", n), send: [][]byte{bin(p)}, want: []reply{{ws.OpBinary, p}}})
	}
	return list
}

// pings is group 2.
func pings() []exchange {
	many := exchange{name: "2.10 ten pings"}
	for i := range 10 {
		p := fmt.Sprint("payload ", i)
		many.send, many.want = append(many.send, ping(p)), append(many.want, pongs(p)...)
	}
	longest := strings.Repeat("\xfe", 125)
	return []exchange{
		{name: "2.1 empty", send: [][]byte{ping("")}, want: pongs("")},
		{name: "2.3 binary", send: [][]byte{ping("\x00\xff\xfe\xfd")}, want: pongs("\x00\xff\xfe\xfd")},
		{name: "2.4 longest", send: [][]byte{ping(longest)}, want: pongs(longest)},
		{name: "2.5 too long", send: [][]byte{ping(longest + "\xfe")}, code: protocolError},
		{name: "2.7 pong alone", send: [][]byte{pong("x"), ping("y")}, want: pongs("y")},
		many,
	}
}

// headers is groups 3 and 4.
func headers() (list []exchange) {
	for rsv := byte(1); rsv < 8; rsv++ {
		bad := text("x")
		bad[0] |= rsv << 4
		list = append(list, exchange{
			name: fmt.Sprintf("3 reserved bits %03b", rsv), send: [][]byte{text("first"), bad}, want: texts("first"), code: protocolError,
		})
	}
	for _, op := range []ws.OpCode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		bad := part(op, true, "x")
		list = append(list, exchange{
			name: fmt.Sprintf("4 opcode %d", op), send: [][]byte{text("first"), bad}, want: texts("first"), code: protocolError,
		})
	}
	unmasked := ws.MustCompileFrame(ws.NewTextFrame([]byte("x")))
	return append(list,
		exchange{name: "case 13 unmasked", send: [][]byte{unmasked}, code: protocolError},
		exchange{name: "case 17 length not minimal", send: [][]byte{{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'x'}}, code: protocolError},
		exchange{name: "case 16 length 2^63", send: [][]byte{{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}}, code: protocolError},
		exchange{name: "case 16 length 2^63-1", send: [][]byte{{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, code: tooBig},
		exchange{name: "case 16 one byte too many", send: [][]byte{{0x82, 0xff, 0, 0, 0, 0, 0, limit >> 16, 0, 1}}, code: tooBig})
}

// fragments is group 5.
func fragments() []exchange {
	const cont = ws.OpContinuation
	a, b, c := part(ws.OpText, false, "a"), part(cont, false, "b"), part(cont, true, "c")
	return []exchange{
		{name: "5.1 ping in fragments", send: [][]byte{part(ws.OpPing, false, "a"), part(cont, true, "b")}, code: protocolError},
		{name: "5.3 two fragments", send: [][]byte{a, c}, want: texts("ac")},
		{name: "5.6 ping between", send: [][]byte{a, ping("p"), c}, want: slices.Concat(pongs("p"), texts("ac"))},
		{name: "5.9 continuation first", send: [][]byte{c, text("x")}, code: protocolError},
		{name: "5.15 continuation behind", send: [][]byte{a, c, b, text("x")}, want: texts("ac"), code: protocolError},
		{name: "5.18 new text in a message", send: [][]byte{a, text("x")}, code: protocolError},
		{name: "5.19 pings between", send: [][]byte{a, b, ping("1"), b, b, ping("2"), c}, want: slices.Concat(pongs("1", "2"), texts("abbbc"))},
		{name: "5 empty fragments", send: [][]byte{part(ws.OpText, false, ""), part(cont, false, ""), part(cont, true, "")}, want: texts("")},
	}
}

// utf8Texts is group 6.
func utf8Texts() []exchange {
	const kosme = "κόσμε"
	list := []exchange{
		{name: "6.2 whole", send: [][]byte{text("Hello-µ@ßöäüàá-UTF-8!!")}, want: texts("Hello-µ@ßöäüàá-UTF-8!!")},
		{name: "6.2 cut in a code point", send: [][]byte{part(ws.OpText, false, kosme[:1]), part(ws.OpContinuation, true, kosme[1:])}, want: texts(kosme)},
		{name: "6.4 fails at once", send: [][]byte{part(ws.OpText, false, kosme+"\xf4\x90")}, code: badText},
		{name: "6 binary is not text", send: [][]byte{bin("\xff\xfe")}, want: []reply{{ws.OpBinary, "\xff\xfe"}}},
		{name: "6.22 non-character", send: [][]byte{text("\uffff\U0010ffff")}, want: texts("\uffff\U0010ffff")},
	}
	for _, bad := range []string{kosme + "\xed\xa0\x80edited", "\xf4\x90\x80\x80", "\xc0\xaf", "\x80", "\xfe", kosme[:1]} {
		list = append(list, exchange{name: fmt.Sprintf("6 text %+q", bad), send: [][]byte{text(bad)}, code: badText})
	}
	return list
}

// closes is group 7.
func closes() (list []exchange) {
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		list = append(list, exchange{name: fmt.Sprintf("7.7 code %d", code), send: [][]byte{closing(code, "why")}, code: code})
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535} {
		list = append(list, exchange{name: fmt.Sprintf("7.9 code %d", code), send: [][]byte{closing(code, "")}, code: protocolError})
	}
	return append(list,
		exchange{name: "7.1.3 ping behind", send: [][]byte{closing(normal, ""), ping("x")}, code: normal},
		exchange{name: "7.1.6 behind a long text", send: [][]byte{text(strings.Repeat("x", 256<<10)), closing(normal, "")}, want: texts(strings.Repeat("x", 256<<10)), code: normal},
		exchange{name: "7.3.1 no code", send: [][]byte{masked(ws.NewCloseFrame(nil))}, code: noCode},
		exchange{name: "7.3.2 half a code", send: [][]byte{masked(ws.NewCloseFrame([]byte{3}))}, code: protocolError},
		exchange{name: "7.3.5 longest reason", send: [][]byte{closing(normal, strings.Repeat("r", 123))}, code: normal},
		exchange{name: "7.5.1 reason not text", send: [][]byte{closing(normal, "\xff")}, code: badText})
}

// TestLarge covers case 12, group 9: a large message in one frame and in very
// many, in pieces of any size.
func TestLarge(t *testing.T) {
	const size = 1 << 20
	payload := strings.Repeat("*", size)
	overDrivers(t, func(t *testing.T, address string) {
		for _, fragment := range []int{64, 4 << 10, size} {
			for _, write := range []int{997, 64 << 10} {
				t.Run(fmt.Sprintf("fragments of %d in writes of %d", fragment, write), func(t *testing.T) {
					var sent []byte
					for i, op := 0, ws.OpBinary; i < size; i, op = i+fragment, ws.OpContinuation {
						sent = append(sent, part(op, i+fragment == size, payload[i:i+fragment])...)
					}
					x := exchange{want: []reply{{ws.OpBinary, payload}}}
					x.run(t, address, slices.Collect(slices.Chunk(sent, write))...)
				})
			}
		}
	})
}
