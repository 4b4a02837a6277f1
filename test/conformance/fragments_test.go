package conformance

import (
	"strings"
	"testing"
)

// TestFragments covers case 12, group 5, and case 13: control frames stand
// whole between fragments, data frames do not, and there is nothing to continue
// before a message has begun.
func TestFragments(t *testing.T) {
	one, two := "fragment1", "fragment2"
	both := [][]byte{begin(opText, one), end(two)}
	between := [][]byte{begin(opText, one), ping("ping"), end(two)}
	pongThenText := []message{{opPong, "ping"}, {opText, one + two}}
	stray := [][]byte{end("non-continuation payload"), text("Hello, world!")}
	strayOpen := [][]byte{middle("non-continuation payload"), text("Hello, world!")}
	five := [][]byte{
		begin(opText, one), middle(two), ping("1"), middle("fragment3"), middle("fragment4"), ping("2"), end("fragment5"),
	}
	fiveAnswers := []message{{opPong, "1"}, {opPong, "2"}, {opText, one + two + "fragment3fragment4fragment5"}}
	manyPings, manyAnswers := [][]byte{begin(opBinary, "")}, []message(nil)
	for range 50 {
		manyPings = append(manyPings, ping("x"), middle("y"), pong("z"))
		manyAnswers = append(manyAnswers, message{opPong, "x"})
	}
	manyPings = append(manyPings, end(""))
	manyAnswers = append(manyAnswers, message{opBinary, strings.Repeat("y", 50)})
	group(t, []exchange{
		{name: "5.1 ping", send: [][]byte{begin(opPing, one), end(two)}, code: protocolError},
		{name: "5.2 pong", send: [][]byte{begin(opPong, one), end(two)}, code: protocolError},
		{name: "close", send: [][]byte{begin(opClose, closeBody(normal, "")), end(two)}, code: protocolError},
		{name: "5.3 text", send: both, want: echoes(opText, one+two)},
		{name: "5.4 text, frame-wise", send: both, chops: byFrame, want: echoes(opText, one+two)},
		{name: "5.5 text, octet-wise", send: both, chops: 1, want: echoes(opText, one+two)},
		{name: "5.6 ping between", send: between, want: pongThenText},
		{name: "5.7 ping between, frame-wise", send: between, chops: byFrame, want: pongThenText},
		{name: "5.8 ping between, octet-wise", send: between, chops: 1, want: pongThenText},
		{name: "5.9 nothing to continue", send: stray, code: protocolError},
		{name: "5.10 nothing to continue, frame-wise", send: stray, chops: byFrame, code: protocolError},
		{name: "5.11 nothing to continue, octet-wise", send: stray, chops: 1, code: protocolError},
		{name: "5.12 nothing to continue, FIN unset", send: strayOpen, code: protocolError},
		{name: "5.13 the same, frame-wise", send: strayOpen, chops: byFrame, code: protocolError},
		{name: "5.14 the same, octet-wise", send: strayOpen, chops: 1, code: protocolError},
		{
			name: "5.15 text, then nothing to continue", send: append(both[:2:2], strayOpen...),
			want: echoes(opText, one+two), code: protocolError,
		},
		{
			name: "5.16 nothing to continue, FIN unset, then text",
			send: [][]byte{middle(one), begin(opText, one), end(two)}, code: protocolError,
		},
		{
			name: "5.17 nothing to continue, then text",
			send: [][]byte{end(one), begin(opText, one), end(two)}, code: protocolError,
		},
		{name: "5.18 text in text", send: [][]byte{begin(opText, one), text(two)}, code: protocolError},
		{name: "5.18 binary begins in text", send: [][]byte{begin(opText, one), begin(opBinary, two)}, code: protocolError},
		{name: "5.19 five, two pings", send: five, chops: byFrame, want: fiveAnswers},
		{name: "5.20 five, two pings, octet-wise", send: five, chops: 1, want: fiveAnswers},
		{name: "many control frames between", send: manyPings, want: manyAnswers},
		{name: "many control frames between, in pieces of 3", send: manyPings, chops: 3, want: manyAnswers},
	})
}

// TestFragmentPause is 5.19 and 5.20 with their pause: each ping is answered
// before the message it stands in has ended.
func TestFragmentPause(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		for _, n := range []chops{0, 1} {
			c := s.dial(t, deflateName)
			for i, part := range [][][]byte{
				{begin(opText, "1"), middle("2"), ping("a")},
				{middle("3"), middle("4"), ping("b")},
			} {
				c.stream(n.cut(part))
				c.want(t, message{opPong, string(rune('a' + i))})
			}
			c.send(t, end("5"))
			c.want(t, message{opText, "12345"})
		}
	})
}
