package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// TestClosing covers case 12, group 7, and case 14: a Close frame is answered
// with its own code, nothing that follows it is looked at, and what must not
// stand in one is 1002 or 1007.
func TestClosing(t *testing.T) {
	bye := closing(normal, "bye")
	body := func(payload string) [][]byte { return [][]byte{frame{op: opClose, payload: payload}.bytes()} }
	long := strings.Repeat("*", 123)
	list := []exchange{
		{name: "7.1.1 text, close", send: [][]byte{text("Hello"), bye}, want: echoes(opText, "Hello"), code: normal},
		{name: "7.1.2 two closes", send: [][]byte{bye, bye}, code: normal},
		{name: "7.1.3 ping after it", send: [][]byte{bye, ping("")}, code: normal},
		{name: "7.1.4 text after it", send: [][]byte{bye, text("Hello")}, code: normal},
		{name: "7.1.5 between fragments", send: [][]byte{begin(opText, "one"), bye, end("two")}, code: normal},
		{name: "garbage after it", send: [][]byte{bye, []byte(strings.Repeat("\xff", 1000))}, code: normal},
		{name: "another code after it", send: [][]byte{closing(4999, ""), closing(protocolError, "")}, code: 4999},
		{name: "7.3.1 empty", send: body(""), code: noCode},
		{name: "7.3.2 one octet", send: body("\x03"), code: protocolError},
		{name: "7.3.3 no reason", send: body(closeBody(normal, "")), code: normal},
		{name: "7.3.4 a reason", send: body(closeBody(normal, "bye")), code: normal},
		{name: "7.3.5 reason of 123 octets", send: body(closeBody(normal, long)), code: normal},
		{name: "7.3.6 reason of 124 octets", send: body(closeBody(normal, long+"*")), code: protocolError},
		{name: "7.5.1 reason not UTF-8", send: body(closeBody(normal, kosme+"\xed\xa0\x80edited")), code: badText},
		{name: "reason cut within a code point", send: body(closeBody(normal, "\xf0\x9f\x98")), code: badText},
		{name: "reason of 123 octets, multi-byte", send: body(closeBody(normal, strings.Repeat("€", 41))), code: normal},
		{name: "wrong code, wrong reason", send: body(closeBody(999, "\xff")), code: protocolError},
	}
	valid := []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}
	// Registered with IANA since the RFC.
	registered := []uint16{1012, 1013, 1014}
	for i, code := range append(valid, registered...) {
		list = append(list, exchange{name: fmt.Sprintf("7.7.%d code %d", i+1, code), send: body(closeBody(code, "")), code: code})
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1015} {
		list = append(list, exchange{
			name: fmt.Sprintf("7.9.%d code %d", i+1, code), send: body(closeBody(code, "")), code: protocolError,
		})
	}
	for i, code := range []uint16{5000, 65535} {
		list = append(list, exchange{
			name: fmt.Sprintf("7.13.%d code %d", i+1, code), send: body(closeBody(code, "why")), code: protocolError,
		})
	}
	for _, x := range list {
		if x.chops == 0 && len(x.send) == 1 {
			x.name, x.chops = x.name+", octet-wise", 1
			list = append(list, x)
		}
	}
	group(t, list)
}

// TestClosingBehindLoad is 7.1.6: a Close frame waits for the echoes of what
// was sent before it, and the server reads no more for that.
func TestClosingBehindLoad(t *testing.T) {
	large := strings.Repeat("BAsd7&jh23", 26<<10) // 260 KB
	group(t, []exchange{{
		name: "7.1.6", send: [][]byte{text(large), closing(normal, ""), ping("")}, want: echoes(opText, large), code: normal,
	}})
}

// TestClosingUnanswered covers case 14: whoever does not answer our Close frame,
// and does not close, is let go all the same.
func TestClosingUnanswered(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		for range 20 {
			c := s.dial(t, deflateName)
			c.send(t, frame{op: 3}.bytes())
		}
		s.released(t)
	})
}

// TestVanishing: peers that go without a Close frame, in the middle of whatever
// it is, leave nothing behind.
func TestVanishing(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		message := frame{op: opText, rsv: rsv1, payload: packed(strings.Repeat(mixed, 20))}.bytes()
		for n := range len(message) {
			c := s.dial(t, deflateName)
			c.send(t, message[:n])
			if n%2 == 0 {
				c.reset(t)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
