package conformance

import (
	"slices"
	"testing"
)

// exchange is what a client sends on a new connection, and what it gets.
type exchange struct {
	name  string
	send  [][]byte // frames
	chops chops
	want  []message
	code  uint16 // of the server's Close frame; 0: the client closes, and is answered
}

// chops says how frames are cut into writes: 0 not at all, n into pieces of n
// octets.
type chops int

// byFrame is one write for each frame.
const byFrame chops = -1

const (
	normal        = 1000
	protocolError = 1002
	noCode        = 1005
	badText       = 1007
	policy        = 1008
	tooBig        = 1009
)

// cut cuts frames into writes.
func (n chops) cut(frames [][]byte) [][]byte {
	switch n {
	case byFrame:
		return frames
	case 0:
		return [][]byte{join(frames)}
	default:
		return slices.Collect(slices.Chunk(join(frames), int(n)))
	}
}

// run has the exchange with a server, on a connection with an offer.
func (x exchange) run(t *testing.T, s *server, offer string) {
	t.Helper()
	c := s.dial(t, offer)
	frames, code := x.send, x.code
	if code == 0 {
		// Right behind the rest: what comes before a Close frame is answered.
		frames, code = append(slices.Clip(frames), closing(normal, "done")), normal
	}
	c.stream(x.chops.cut(frames))
	for _, m := range x.want {
		c.want(t, m)
	}
	c.wantClose(t, code)
}

// group runs exchanges over each transport, with and without compression
// negotiated: nothing that is not compressed may be treated differently.
func group(t *testing.T, list []exchange) {
	t.Helper()
	over(t, func(t *testing.T, s *server) {
		for _, offer := range []string{"", deflateName} {
			t.Run("offer "+offer, func(t *testing.T) {
				for _, x := range list {
					t.Run(x.name, func(t *testing.T) { x.run(t, s, offer) })
				}
			})
		}
	})
}

// echoes are the answers to messages.
func echoes(op opcode, payloads ...string) (list []message) {
	for _, p := range payloads {
		list = append(list, message{op, p})
	}
	return list
}
