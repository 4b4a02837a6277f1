package conformance

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// script is a conversation: frames, and what comes back.
type script struct {
	frames [][]byte
	want   []message
}

// newScript makes a script of n frames or some more, of every kind that a
// client may send.
func newScript(random *rand.Rand, n int) (s script) {
	z := newPacker(maxBits)
	for len(s.frames) < n {
		if random.IntN(4) == 0 {
			s.control(random)
			continue
		}
		content := corpora()[random.IntN(len(corpora()))]
		m := message{content.op, content.make(random, size(random))}
		rsv, sent := byte(0), m.payload
		if random.IntN(2) == 0 {
			rsv, sent = rsv1, z.pack(m.payload)
		}
		fragment := len(sent)
		if random.IntN(2) == 0 {
			fragment = 1 + random.IntN(len(sent)/2+1)
			fragment = max(fragment, len(sent)/8)
		}
		for _, f := range split(m.op, rsv, sent, fragment) {
			s.frames = append(s.frames, f)
			if len(s.frames)%3 == 0 && fragment < len(sent) && f[0]&0x80 == 0 {
				s.control(random)
			}
		}
		s.want = append(s.want, m)
	}
	s.frames = append(s.frames, closing(normal, "the end"))
	return s
}

// size is the length of a message: mostly short, at times on the bounds of the
// length's forms.
func size(random *rand.Rand) int {
	switch random.IntN(8) {
	case 0:
		return 0
	case 1:
		return 124 + random.IntN(4)
	case 2:
		return random.IntN(2000)
	default:
		return random.IntN(200)
	}
}

// control adds a ping or a pong.
func (s *script) control(random *rand.Rand) {
	payload := randomOctets(random, random.IntN(126))
	if random.IntN(2) == 0 {
		s.frames = append(s.frames, pong(payload))
		return
	}
	s.frames, s.want = append(s.frames, ping(payload)), append(s.want, message{opPong, payload})
}

// shatter cuts b at random places, mean octets apart on average.
func shatter(random *rand.Rand, b []byte, mean int) (pieces [][]byte) {
	for len(b) > 0 {
		n := min(len(b), 1+random.IntN(2*mean-1))
		pieces, b = append(pieces, b[:n]), b[n:]
	}
	return pieces
}

// TestSplits: however the stream of octets is cut, it says the same.
func TestSplits(t *testing.T) {
	const frames, splits = 200, 50
	t.Logf("seed %#x", seed)
	s := newScript(newRandom(7), frames)
	stream := join(s.frames)
	t.Logf("%d frames, %d octets, %d answers", len(s.frames), len(stream), len(s.want))
	over(t, func(t *testing.T, srv *server) {
		for i := range splits {
			// 1: octet by octet. Then larger and larger, up to all at once.
			mean := 1 << (i * 17 / splits)
			t.Run(fmt.Sprintf("%d, mean %d", i, mean), func(t *testing.T) {
				c := srv.dial(t, deflateName)
				c.stream(shatter(newRandom(uint64(100+i)), stream, mean))
				for _, m := range s.want {
					c.want(t, m)
				}
				c.wantClose(t, normal)
			})
		}
	})
}
