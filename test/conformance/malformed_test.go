package conformance

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// TestUnmasked covers case 13: every frame of a client is masked.
func TestUnmasked(t *testing.T) {
	var list []exchange
	for _, op := range []opcode{opText, opBinary, opClose, opPing, opPong} {
		x := exchange{name: fmt.Sprintf("opcode %d", op), send: [][]byte{{0x80 | byte(op), 2, 3, 0xe8}}, code: protocolError}
		list = append(list, x)
		x.name += " behind a good one"
		x.send, x.want = append([][]byte{text("good")}, x.send...), echoes(opText, "good")
		list = append(list, x)
	}
	list = append(list, exchange{
		name: "continuation", send: [][]byte{begin(opText, "a"), {0x80, 1, 'b'}}, code: protocolError,
	})
	group(t, list)
}

// lengthOf is a header that announces a length in a form of its own: 126 or
// 127.
func lengthOf(first, form byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, 0x80 | form}, length)
	if form == 126 {
		return append(b[:2], b[8:]...)
	}
	return b
}

// TestLengths covers cases 13, 16 and 17: lengths that are too large, or not in
// their shortest form, end the connection before any octet of what they
// announce has arrived.
func TestLengths(t *testing.T) {
	const first = 0x80 | byte(opBinary)
	var list []exchange
	add := func(name string, code uint16, send ...[]byte) {
		list = append(list, exchange{name: name, send: send, code: code})
	}
	add("2^63", protocolError, lengthOf(first, 127, 1<<63))
	add("2^64-1", protocolError, lengthOf(first, 127, 1<<64-1))
	add("2^63-1", tooBig, lengthOf(first, 127, 1<<63-1))
	add("2^62", tooBig, lengthOf(first, 127, 1<<62))
	add("2^32", tooBig, lengthOf(first, 127, 1<<32))
	add("2^31", tooBig, lengthOf(first, 127, 1<<31))
	add("limit+1", tooBig, lengthOf(first, 127, smallLimit+1))
	add("limit+1 in two fragments", tooBig, begin(opBinary, filler(opBinary, smallLimit)), header(0x80, 1))
	add("limit+1 in fragments, the last long", tooBig, begin(opBinary, "x"), lengthOf(0x80, 127, smallLimit))
	for _, n := range []uint64{0, 1, 125} {
		add(fmt.Sprintf("%d in 16 bits", n), protocolError, lengthOf(first, 126, n))
		add(fmt.Sprintf("%d in 64 bits", n), protocolError, lengthOf(first, 127, n))
	}
	for _, n := range []uint64{126, 65535} {
		add(fmt.Sprintf("%d in 64 bits", n), protocolError, lengthOf(first, 127, n))
	}
	for _, op := range []opcode{opClose, opPing, opPong} {
		for _, form := range []byte{126, 127} {
			for _, n := range []uint64{2, 125, 126, 65536, 1 << 62} {
				if form == 127 || n < 1<<16 {
					add(fmt.Sprintf("opcode %d of %d octets in form %d", op, n, form), protocolError,
						lengthOf(0x80|byte(op), form, n))
				}
			}
		}
	}
	list = append(list, exchange{
		name: "limit", send: whole(opBinary, 0, filler(opBinary, smallLimit)), want: echoes(opBinary, filler(opBinary, smallLimit)),
	})
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			for _, n := range []chops{0, 1} {
				if x.chops = n; n == 1 && len(join(x.send)) > 100 {
					continue
				}
				t.Run(fmt.Sprintf("%s, chops %d", x.name, n), func(t *testing.T) { x.run(t, s, deflateName) })
			}
		}
	}, limited...)
}

// TestAnnounced covers case 16: what is announced and does not come takes no
// memory.
func TestAnnounced(t *testing.T) {
	const peers, most = 100, 16 << 20 // bytes for all of them together
	over(t, func(t *testing.T, s *server) {
		before := s.memory(t, "VmRSS")
		for i := range peers {
			first := 0x80 | byte(opBinary)
			if i%2 == 0 {
				first |= rsv1 << 4
			}
			c := s.dial(t, deflateName)
			c.send(t, ping("here"), header(first, defaultLimit), []byte("mask"), []byte("and little more"))
			c.want(t, message{opPong, "here"})
		}
		if _, err := s.heap(t); err != nil { // all has been received by then
			t.Fatal(err)
		}
		if grown := s.memory(t, "VmRSS") - before; grown > most*shadow {
			t.Errorf("%d peers that announce %d bytes each take %d", peers, defaultLimit, grown)
		}
	})
}

// TestEndlessFragments covers case 18: a message that never ends does, at the
// limit of octets or of fragments.
func TestEndlessFragments(t *testing.T) {
	const fragments = 1 << 17 // the echo's limit
	repeat := func(rsv byte, payload string, n int) [][]byte {
		first := frame{op: opBinary, open: true, rsv: rsv, payload: payload}.bytes()
		return [][]byte{first, []byte(strings.Repeat(string(middle(payload)), n))}
	}
	list := []exchange{
		{name: "one octet each", send: repeat(0, "x", smallLimit), code: tooBig},
		{name: "nothing", send: repeat(0, "", fragments), code: policy},
		{name: "nothing, compressed", send: repeat(rsv1, "", fragments), code: policy},
		{name: "empty blocks", send: repeat(rsv1, strings.Repeat("\x00\x00\x00\xff\xff", 20), smallLimit/50), code: policy}, // case 23
		{name: "one octet of an empty block each", send: repeat(rsv1, "\x00", 2*smallLimit), code: policy},
	}
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			t.Run(x.name, func(t *testing.T) { x.run(t, s, deflateName) })
		}
	}, limited...)
}

// TestFloods covers case 20: pings are answered in order, however many, and
// pongs that nobody asked for are nothing.
func TestFloods(t *testing.T) {
	const count = 50_000 / slowness
	over(t, func(t *testing.T, s *server) {
		c := s.dial(t, "")
		var frames []byte
		for i := range count {
			frames = append(append(frames, ping(fmt.Sprint(i))...), pong("unasked")...)
		}
		c.stream([][]byte{frames, closing(normal, "")})
		for i := range count {
			c.want(t, message{opPong, fmt.Sprint(i)})
		}
		c.wantClose(t, normal)
	})
}
