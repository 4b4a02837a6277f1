package conformance

import (
	"fmt"
	"testing"
)

// volume is how many octets each case of groups 12 and 13 sends, at least one
// message and at most 20.
const volume = 192 * kilo / slowness

// packing is a case of groups 12 and 13: messages of a size, in fragments of so
// many octets once compressed; 0: in one.
type packing struct{ size, fragment int }

func packings() (list []packing) {
	for _, size := range []int{16, 64, 256, kilo, 4 * kilo, 8 * kilo, 16 * kilo, 32 * kilo, 64 * kilo, 128 * kilo} {
		list = append(list, packing{size, 0})
	}
	for _, size := range []int{8 * kilo, 16 * kilo, 32 * kilo, 64 * kilo, 128 * kilo} {
		list = append(list, packing{size, 256})
	}
	return append(list, packing{128 * kilo, kilo}, packing{128 * kilo, 4 * kilo}, packing{128 * kilo, 32 * kilo})
}

// count is how many messages of p are sent.
func (p packing) count() int { return min(20, max(1, volume/p.size)) }

// pack is m as a client sends it compressed, in fragments of so many octets.
func (p packing) pack(z *packer, m message) [][]byte {
	sent := z.pack(m.payload)
	if p.fragment == 0 {
		return whole(m.op, rsv1, sent)
	}
	return split(m.op, rsv1, sent, p.fragment)
}

// run sends count messages at once and wants their echoes.
func (p packing) run(t *testing.T, c *client, content corpus, count int) {
	t.Helper()
	if !c.agreed.deflate {
		t.Fatal("no compression was agreed")
	}
	random, z := newRandom(uint64(p.size)), newPacker(c.agreed.ours)
	var frames [][]byte
	var want []message
	for range count {
		m := message{content.op, content.make(random, p.size)}
		frames, want = append(frames, p.pack(z, m)...), append(want, m)
	}
	c.stream(append(frames, closing(normal, "")))
	for _, m := range want {
		c.want(t, m)
	}
	c.wantClose(t, normal)
}

// TestCompression covers case 12, group 12: contents that compress well or not
// at all, of 16 octets to 128 KB, in one frame and in many.
func TestCompression(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		for i, content := range corpora() {
			for j, p := range packings() {
				t.Run(fmt.Sprintf("12.%d.%d %s", i+1, j+1, content.name), func(t *testing.T) {
					p.run(t, s.dial(t, deflateName+"; client_max_window_bits"), content, p.count())
				})
			}
		}
	})
}

// TestNegotiated covers case 12, group 13, and every other combination of the
// parameters: what was agreed holds for each message.
func TestNegotiated(t *testing.T) {
	const noTakeover = "; server_no_context_takeover; client_no_context_takeover"
	offers := []string{
		deflateName + "; client_max_window_bits",
		deflateName + "; client_no_context_takeover; server_no_context_takeover; client_max_window_bits",
		deflateName + "; server_max_window_bits=9; client_max_window_bits",
		deflateName + "; server_max_window_bits=15; client_max_window_bits",
		deflateName + noTakeover + "; server_max_window_bits=9; client_max_window_bits=9",
		deflateName + noTakeover + "; server_max_window_bits=15; client_max_window_bits=15",
		deflateName + noTakeover + "; server_max_window_bits=9; client_max_window_bits, " +
			deflateName + noTakeover + "; client_max_window_bits, " + deflateName + "; client_max_window_bits",
	}
	over(t, func(t *testing.T, s *server) {
		for i, offer := range offers {
			for j, p := range packings() {
				t.Run(fmt.Sprintf("13.%d.%d", i+1, j+1), func(t *testing.T) {
					p.run(t, s.dial(t, offer), corpora()[0], min(2, p.count()))
				})
			}
		}
		for bits := 9; bits <= maxBits; bits++ {
			for _, more := range []string{
				"", "; client_max_window_bits", fmt.Sprintf("; client_max_window_bits=%d", bits),
				"; client_no_context_takeover", "; server_no_context_takeover", noTakeover,
			} {
				offer := fmt.Sprintf("%s; server_max_window_bits=%d%s", deflateName, bits, more)
				t.Run(offer, func(t *testing.T) {
					c := s.dial(t, offer)
					if got := c.agreed.theirs; got > bits {
						t.Fatalf("the server's window has %d bits, want at most %d", got, bits)
					}
					packing{4 * kilo, 100}.run(t, c, corpora()[4], 2)
				})
			}
		}
	})
}

// TestCompressedExamples are those of RFC 7692 section 7.2.3, and other shapes
// that a message may have by RFC 1951.
func TestCompressedExamples(t *testing.T) {
	const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	list := []exchange{
		{name: "7.2.3.1 one block", send: whole(opText, rsv1, hello)},
		{name: "7.2.3.1 two fragments", send: [][]byte{
			frame{op: opText, open: true, rsv: rsv1, payload: hello[:3]}.bytes(), end(hello[3:]),
		}},
		{name: "7.2.3.2 the same again, without a window", send: append(whole(opText, rsv1, hello), whole(opText, rsv1, hello)...)},
		{name: "7.2.3.3 without compression", send: whole(opText, rsv1, "\x00\x05\x00\xfa\xffHello\x00")},
		{name: "7.2.3.4 BFINAL", send: whole(opText, rsv1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00")},
		{name: "7.2.3.5 two blocks", send: whole(opText, rsv1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")},
		{name: "empty blocks before and behind", send: whole(opText, rsv1,
			"\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff"+hello[:6]+"\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00")},
		{name: "empty fragments between", send: [][]byte{
			frame{op: opText, open: true, rsv: rsv1}.bytes(), middle(""), middle(hello), middle(""), end(""),
		}},
	}
	for i := range list {
		list[i].want = echoes(opText, "Hello")
	}
	list[2].want = echoes(opText, "Hello", "Hello")
	list = append(list, exchange{name: "empty", send: whole(opText, rsv1, "\x00"), want: echoes(opText, "")})
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			for _, n := range []chops{0, 1, byFrame} {
				x.chops = n
				t.Run(fmt.Sprintf("%s, chops %d", x.name, n), func(t *testing.T) { x.run(t, s, deflateName) })
			}
		}
	})
}

// TestCompressedAndPlain has messages of both kinds take turns, and control
// frames stand between the fragments of compressed ones.
func TestCompressedAndPlain(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		c := s.dial(t, deflateName)
		random, z := newRandom(1), newPacker(c.agreed.ours)
		var frames [][]byte
		var want []message
		for i := range 60 {
			content := corpora()[i%len(corpora())]
			m := message{content.op, content.make(random, 1+random.IntN(3000))}
			if i%3 == 0 {
				frames = append(frames, split(m.op, 0, m.payload, 700)...)
			} else {
				for n, f := range split(m.op, rsv1, z.pack(m.payload), 1+random.IntN(400)) {
					says := fmt.Sprintf("%d of %d", n, i)
					frames, want = append(frames, ping(says), pong("unasked"), f), append(want, message{opPong, says})
				}
			}
			want = append(want, m)
		}
		c.stream(append(frames, closing(normal, "")))
		for _, m := range want {
			c.want(t, m)
		}
		c.wantClose(t, normal)
	})
}
