package conformance

import (
	"compress/flate"
	"strconv"
	"strings"
	"testing"
)

// bomb is a compressed message of so many MiB of zeros: deflate makes at most
// 1,032 octets of one, so that a GiB takes one MiB.
func bomb(megabytes int) string {
	var one strings.Builder
	z, _ := flate.NewWriter(&one, flate.BestCompression) // fails for an unknown level only
	_, _ = z.Write([]byte(strings.Repeat("\x00", mega))) // to memory: never fails
	_ = z.Flush()
	return strings.TrimSuffix(strings.Repeat(one.String(), megabytes), tail)
}

// TestBombs covers case 22: what inflates to more than a message may have ends
// the connection, in time and without memory for it, at the limit of the
// service and at that of the echo.
func TestBombs(t *testing.T) {
	large, huge := bomb(80), bomb(1024)
	list := []exchange{
		{name: "80 KB to 80 MB", send: whole(opBinary, rsv1, large)},
		{name: "80 KB to 80 MB in fragments", send: split(opText, rsv1, large, 1000)},
		{name: "1 MB to 1 GB", send: whole(opBinary, rsv1, huge)},
		{name: "1 MB to 1 GB in fragments", send: split(opText, rsv1, huge, 16*kilo)},
		{name: "one MB too many", send: whole(opBinary, rsv1, bomb(defaultLimit/mega+1))},
	}
	for _, limit := range []struct{ bytes, rounds, most int }{{mega, 10, 64 * mega}, {defaultLimit, 3, 128 * mega}} {
		over(t, func(t *testing.T, s *server) {
			before := s.memory(t, "VmHWM")
			for range max(1, limit.rounds/slowness) {
				for _, x := range list {
					x.code = tooBig
					t.Run(x.name, func(t *testing.T) { x.run(t, s, deflateName) })
				}
			}
			grown := s.memory(t, "VmHWM") - before
			t.Logf("limit %d: at most %d KB more memory", limit.bytes, grown>>10)
			if grown > limit.most*shadow {
				t.Errorf("the bombs took %d bytes of memory, want at most %d", grown, limit.most)
			}
		}, "--max-message-size", strconv.Itoa(limit.bytes))
	}
}

// TestInflatedLimit covers case 22: a message that inflates to just what it may
// have is echoed, even where compressing it has made it longer.
func TestInflatedLimit(t *testing.T) {
	random := newRandom(2)
	var list []exchange
	for _, content := range corpora() {
		payload := content.make(random, smallLimit)
		list = append(list,
			exchange{name: content.name, send: whole(content.op, rsv1, packed(payload)), want: echoes(content.op, payload)},
			exchange{
				name: content.name + " in fragments", send: split(content.op, rsv1, packed(payload), 500),
				want: echoes(content.op, payload),
			},
			exchange{name: content.name + " and one octet", send: whole(content.op, rsv1, packed(payload+".")), code: tooBig})
	}
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			t.Run(x.name, func(t *testing.T) { x.run(t, s, deflateName) })
		}
	}, limited...)
}

// TestDefaultLimitInflated is the same at the limit of 16 MiB.
func TestDefaultLimitInflated(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		exchange{
			send: whole(opBinary, rsv1, bomb(defaultLimit/mega)), want: echoes(opBinary, strings.Repeat("\x00", defaultLimit)),
		}.run(t, s, deflateName)
	})
}
