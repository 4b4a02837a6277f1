package conformance

import (
	"bytes"
	"compress/flate"
	"fmt"
	"strings"
	"testing"
)

// TestCorrupt covers case 23: compressed data that is cut off or damaged ends
// the connection with 1007. Where damage makes another sound message of it, its
// content is echoed, or refused by a stricter reader than ours.
func TestCorrupt(t *testing.T) {
	const step = 3 * slowness
	good := packed(jsonText(newRandom(3), 400))
	var list []string
	for n := 1; n < len(good); n += slowness {
		list = append(list, good[:n])
	}
	for bit := 0; bit < 8*len(good); bit += step {
		b := []byte(good)
		b[bit/8] ^= 1 << (bit % 8)
		list = append(list, string(b))
	}
	list = append(list, "\x07", "\xff", "\x06garbage", strings.Repeat("\xff", 1000), "\x00\x05\x00\x00\x00Hello\x00")
	over(t, func(t *testing.T, s *server) {
		for i, sent := range list {
			t.Run(fmt.Sprint(i), func(t *testing.T) { refused(t, s, sent) })
		}
	})
}

// TestTruncated covers case 23: a block that lacks its last four octets takes
// for them those that every message is completed with, RFC 7692 section 7.2.2.
// What comes out has never been said.
func TestTruncated(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		for name, sent := range map[string]string{
			"stored":               "\x00\x09\x00\xf6\xffHello",
			"stored, BFINAL":       "\x01\x09\x00\xf6\xffHello",
			"stored, behind other": packed("Hi, ") + tail + "\x00\x04\x00\xfb\xff",
		} {
			t.Run(name, func(t *testing.T) {
				exchange{send: whole(opBinary, rsv1, sent), code: badText}.run(t, s, deflateName)
			})
		}
	})
}

// refused sends a compressed message and wants it refused, or to be told what
// it says if it is sound.
func refused(t *testing.T, s *server, sent string) {
	t.Helper()
	c := s.dial(t, deflateName)
	c.send(t, append(whole(opBinary, rsv1, sent), closing(normal, ""))...)
	says, err := c.agreed.inflate(sent)
	if err != nil {
		c.wantClose(t, badText)
		return
	}
	m, err := c.next()
	switch {
	case err != nil:
		t.Fatal(err)
	case m.op == opClose && strings.HasPrefix(m.payload, closeBody(badText, "")):
	case m != message{opBinary, says}:
		t.Fatalf("got %v, want %.60q", m, says)
	}
}

// TestForeignWindow covers case 23: a message that refers to what was sent
// before it is corrupt. It is not told what another connection, or its own, has
// had inflated there.
func TestForeignWindow(t *testing.T) {
	over(t, func(t *testing.T, s *server) {
		random := newRandom(4)
		for _, size := range []int{20, 200, 3000, 32 * kilo} {
			secret := randomOctets(random, size)
			var out bytes.Buffer
			z, err := flate.NewWriterDict(&out, flate.BestCompression, []byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = z.Write([]byte(secret)) // to memory: never fails
			_ = z.Flush()
			probe := whole(opBinary, rsv1, strings.TrimSuffix(out.String(), tail))
			// Enough connections for each loop to have inflated the secret last.
			for range 8 {
				victim, thief := s.dial(t, deflateName), s.dial(t, deflateName)
				victim.send(t, whole(opBinary, rsv1, packed(secret))...)
				victim.want(t, message{opBinary, secret})
				thief.send(t, probe...)
				thief.wantClose(t, badText)
				victim.send(t, probe...)
				victim.wantClose(t, badText)
			}
		}
	})
}
