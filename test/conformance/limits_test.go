package conformance

import (
	"fmt"
	"strings"
	"testing"
)

const (
	kilo = 1 << 10
	mega = 1 << 20
)

// filler is n octets of text, or of what is not text.
func filler(op opcode, n int) string {
	if op == opBinary {
		return strings.Repeat(notText, n/len(notText))
	}
	return strings.Repeat("BAsd7&jhü", n/10+1)[:n/10*10] + strings.Repeat("*", n%10)
}

// TestLimits covers case 12, groups 9.1 to 9.6: large messages in one frame, in
// fragments, and in small writes.
func TestLimits(t *testing.T) {
	var list []exchange
	for i, op := range []opcode{opText, opBinary} {
		for j, size := range []int{64 * kilo, 256 * kilo, mega, 4 * mega, 8 * mega, 16 * mega} {
			payload := filler(op, size/slowness)
			list = append(list, exchange{
				name: fmt.Sprintf("9.%d.%d", 1+i, j+1), send: whole(op, 0, payload), want: echoes(op, payload),
			})
		}
		for j, size := range []int{64, 256, kilo, 4 * kilo, 16 * kilo, 64 * kilo, 256 * kilo, mega, 4 * mega} {
			payload := filler(op, 4*mega/slowness)
			list = append(list, exchange{
				name: fmt.Sprintf("9.%d.%d", 3+i, j+1), send: split(op, 0, payload, size), want: echoes(op, payload),
			})
		}
		for j, size := range []int{64, 128, 256, 512, kilo, 2 * kilo} {
			payload := filler(op, mega/slowness)
			list = append(list, exchange{
				name: fmt.Sprintf("9.%d.%d", 5+i, j+1), send: whole(op, 0, payload), chops: chops(size), want: echoes(op, payload),
			})
		}
	}
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			t.Run(x.name, func(t *testing.T) { x.run(t, s, "") })
		}
	})
}

// TestRoundTrips covers case 12, groups 9.7 and 9.8: many messages, one at a
// time.
func TestRoundTrips(t *testing.T) {
	const rounds = 1000 / slowness
	over(t, func(t *testing.T, s *server) {
		for i, op := range []opcode{opText, opBinary} {
			for j, size := range []int{0, 16, 64, 256, kilo, 4 * kilo, 16 * kilo} {
				t.Run(fmt.Sprintf("9.%d.%d", 7+i, j+1), func(t *testing.T) {
					c := s.dial(t, "")
					m := message{op, filler(op, size)}
					f := frame{op: op, payload: m.payload}.bytes()
					for range rounds {
						c.send(t, f)
						c.want(t, m)
					}
				})
			}
		}
	})
}

// TestAutoFragments covers case 12, group 10: 64 KB in fragments of 1,300
// octets.
func TestAutoFragments(t *testing.T) {
	payload := strings.Repeat("*", 65536)
	frames := split(opText, 0, payload, 1300)
	group(t, []exchange{
		{name: "10.1.1", send: frames, want: echoes(opText, payload)},
		{name: "10.1.1 frame-wise", send: frames, chops: byFrame, want: echoes(opText, payload)},
	})
}
