package conformance

import (
	"testing"
)

const (
	// Escaped, for its second letter has another code point in normal form.
	kosme = "\u03ba\u1f79\u03c3\u03bc\u03b5"
	mixed = "Hello-µ@ßöäüàá-UTF-8!!"
)

// octets is a text message with one octet per fragment.
func octets(payload string) [][]byte { return split(opText, 0, payload, 1) }

// TestText covers case 12, groups 6.1 to 6.4, and case 21: text is UTF-8 as a
// whole, not each fragment of it, and what can no longer become UTF-8 ends the
// connection at once.
func TestText(t *testing.T) {
	const bad = kosme + "\xed\xa0\x80edited"
	late := kosme + "\xf4" // may go on with \x8f, not with \x90
	list := []exchange{
		{name: "6.1.1 empty", send: [][]byte{text("")}, want: echoes(opText, "")},
		{name: "6.1.2 three empty fragments", send: [][]byte{begin(opText, ""), middle(""), end("")}, want: echoes(opText, "")},
		{name: "6.1.3 the middle not empty", send: [][]byte{begin(opText, ""), middle("mid"), end("")}, want: echoes(opText, "mid")},
		{name: "6.2.1 whole", send: [][]byte{text(mixed)}, want: echoes(opText, mixed)},
		{
			name: "6.2.2 two fragments, on a code point's bound",
			send: [][]byte{begin(opText, mixed[:len("Hello-µ@ß")]), end(mixed[len("Hello-µ@ß"):])}, want: echoes(opText, mixed),
		},
		{name: "6.2.3 octets", send: octets(mixed), want: echoes(opText, mixed)},
		{name: "6.2.4 octets", send: octets(kosme), want: echoes(opText, kosme)},
		{name: "6.3.1 whole", send: [][]byte{text(bad)}, code: badText},
		{name: "6.3.2 octets", send: octets(bad), code: badText},
		// What would follow is never sent: the server must not wait for it.
		{name: "6.4.1 second of three", send: [][]byte{begin(opText, kosme), middle("\xf4\x90\x80\x80")}, chops: byFrame, code: badText},
		{name: "6.4.2 cut within", send: [][]byte{begin(opText, late), middle("\x90")}, chops: byFrame, code: badText},
		{
			name: "6.4.3 in one frame", chops: byFrame, code: badText,
			send: announced(opText, kosme+"\xf4\x90\x80\x80edited", len(kosme), len(kosme)+4),
		},
		{
			name: "6.4.4 in one frame, cut within", chops: byFrame, code: badText,
			send: announced(opText, late+"\x90\x80\x80edited", len(late), len(late)+1),
		},
		{name: "a code point cut by the end", send: [][]byte{begin(opText, "a"), end("\xf0\x9f\x98")}, code: badText},
		{
			name: "a ping in a code point", send: [][]byte{begin(opText, "\xf0\x9f"), ping("x"), end("\x98\x80")},
			want: []message{{opPong, "x"}, {opText, "😀"}},
		},
		{
			name: "continued by the next message", send: [][]byte{begin(opText, "\xf0\x9f"), end(""), text("\x98\x80")},
			code: badText,
		},
		{name: "binary is not text", send: split(opBinary, 0, bad, 1), want: echoes(opBinary, bad)},
	}
	group(t, list)
}

// announced is the beginning of one frame, cut at each of the places and not
// sent beyond the last.
func announced(op opcode, payload string, places ...int) (pieces [][]byte) {
	all := frame{op: op, payload: payload}.bytes()
	head := len(all) - len(payload)
	from := 0
	for _, p := range places {
		pieces = append(pieces, all[from:head+p])
		from = head + p
	}
	return pieces
}
