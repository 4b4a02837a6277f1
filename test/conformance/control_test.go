package conformance

import (
	"fmt"
	"strings"
	"testing"
)

const notText = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"

// TestPings covers case 12, group 2: pings are answered with what they say, in
// order; pongs that nobody asked for are not answered.
func TestPings(t *testing.T) {
	long := strings.Repeat("\xfe", 125)
	var ten [][]byte
	var tenPongs []message
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		ten = append(ten, ping(payload))
		tenPongs = append(tenPongs, message{opPong, payload})
	}
	group(t, []exchange{
		{name: "2.1 empty", send: [][]byte{ping("")}, want: echoes(opPong, "")},
		{name: "2.2 text", send: [][]byte{ping("Hello, world!")}, want: echoes(opPong, "Hello, world!")},
		{name: "2.3 binary", send: [][]byte{ping(notText)}, want: echoes(opPong, notText)},
		{name: "2.4 125 octets", send: [][]byte{ping(long)}, want: echoes(opPong, long)},
		{name: "2.5 126 octets", send: [][]byte{ping(long + "x")}, code: protocolError},
		{name: "2.6 125 octets, octet-wise", send: [][]byte{ping(long)}, chops: 1, want: echoes(opPong, long)},
		{name: "2.7 pong, empty", send: [][]byte{pong("")}},
		{name: "2.8 pong", send: [][]byte{pong("unsolicited")}},
		{name: "2.9 pong and ping", send: [][]byte{pong("unsolicited"), ping("asked")}, want: echoes(opPong, "asked")},
		{name: "2.10 ten", send: ten, want: tenPongs},
		{name: "2.11 ten, octet-wise", send: ten, chops: 1, want: tenPongs},
		{name: "2.12 pong of 126 octets", send: [][]byte{pong(long + "x")}, code: protocolError},
	})
}

// TestReservedBits covers case 12, group 3: a reserved bit that no extension
// gives a meaning ends the connection, wherever it stands. RSV1 alone on the
// first frame of a message has one with compression: see TestReservedBitsDeflate.
func TestReservedBits(t *testing.T) {
	const hello = "Hello, world!"
	set := func(op opcode, rsv byte, payload string) []byte {
		return frame{op: op, rsv: rsv, payload: payload}.bytes()
	}
	second := func(rsv byte) [][]byte { return [][]byte{text(hello), set(opText, rsv, hello), ping("")} }
	list := []exchange{
		{name: "3.2 text, text with RSV 2, ping", send: second(2), want: echoes(opText, hello), code: protocolError},
		{name: "3.3 frame-wise, RSV 3", send: second(3), chops: byFrame, want: echoes(opText, hello), code: protocolError},
		{name: "3.5 binary, RSV 5", send: [][]byte{set(opBinary, 5, notText)}, code: protocolError},
		{name: "3.6 ping, RSV 6", send: [][]byte{set(opPing, 6, hello)}, code: protocolError},
		{name: "3.7 close, RSV 7", send: [][]byte{set(opClose, 7, closeBody(normal, ""))}, code: protocolError},
	}
	for rsv := byte(1); rsv <= 7; rsv++ { // cases 13 and 15
		for _, op := range []opcode{opClose, opPing, opPong} {
			list = append(list, exchange{
				name: fmt.Sprintf("RSV %d on opcode %d", rsv, op), send: [][]byte{set(op, rsv, "")}, code: protocolError,
			})
		}
		list = append(list,
			exchange{
				name: fmt.Sprintf("RSV %d on a continuation", rsv),
				send: [][]byte{begin(opText, "a"), set(opContinuation, rsv, "b")}, chops: byFrame, code: protocolError,
			},
			exchange{
				name: fmt.Sprintf("RSV %d on a ping between fragments", rsv),
				send: [][]byte{begin(opText, "a"), set(opPing, rsv, ""), end("b")}, chops: 1, code: protocolError,
			})
		if rsv != rsv1 {
			list = append(list, exchange{
				name: fmt.Sprintf("3.1 text, RSV %d", rsv), send: [][]byte{set(opText, rsv, hello)}, code: protocolError,
			}, exchange{
				name: fmt.Sprintf("3.4 octet-wise, RSV %d", rsv), send: second(rsv), chops: 1,
				want: echoes(opText, hello), code: protocolError,
			})
		}
	}
	group(t, list)
}

// TestReservedBitsPlain is the rest of group 3: RSV1 where nothing was
// negotiated.
func TestReservedBitsPlain(t *testing.T) {
	list := []exchange{
		{name: "3.1 text", send: whole(opText, rsv1, packed("hello")), code: protocolError},
		{name: "3.5 binary", send: whole(opBinary, rsv1, packed("hello")), code: protocolError},
		{
			name: "3.4 octet-wise", send: append([][]byte{text("first")}, whole(opText, rsv1, "hello")...), chops: 1,
			want: echoes(opText, "first"), code: protocolError,
		},
	}
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			t.Run(x.name, func(t *testing.T) { x.run(t, s, "") })
		}
	})
}

// TestReservedOpcodes covers case 12, group 4, and case 17: an opcode without a
// meaning ends the connection, before what it announces has arrived.
func TestReservedOpcodes(t *testing.T) {
	const hello = "Hello, world!"
	var list []exchange
	for i, first := range []opcode{3, 11} {
		for j := range opcode(5) {
			op, bad := first+j, frame{op: first + j, payload: hello}
			x := exchange{name: fmt.Sprintf("4.%d.%d", i+1, j+1), code: protocolError}
			switch j {
			case 0:
				x.send = [][]byte{frame{op: op}.bytes()}
			case 1:
				x.send = [][]byte{bad.bytes()}
			default:
				x.send, x.want = [][]byte{text(hello), bad.bytes(), ping("")}, echoes(opText, hello)
				x.chops = []chops{0, byFrame, 1}[j-2]
			}
			list = append(list, x,
				exchange{name: fmt.Sprintf("opcode %d, a fragment", op), send: [][]byte{begin(op, hello)}, code: protocolError},
				exchange{
					name: fmt.Sprintf("opcode %d announces 2^62 bytes", op), code: protocolError,
					send: [][]byte{header(0x80|byte(op), 1<<62)},
				},
				exchange{
					name: fmt.Sprintf("opcode %d between fragments", op), code: protocolError,
					send: [][]byte{begin(opText, "a"), bad.bytes(), end("b")},
				})
		}
	}
	group(t, list)
}
