package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

const deflateName = "permessage-deflate"

// maxBits is the logarithm of the largest window, RFC 1951.
const maxBits = 15

// agreement is what a handshake came to.
type agreement struct {
	deflate bool
	theirs  int // bits of the window that the server compresses with
	ours    int // bits of the window that we compress with
}

var ownBits = regexp.MustCompile(`client_max_window_bits="?(\d+)`)

// agree reads the response to an offer, by RFC 7692 section 7.1. Beyond that, a
// server of ours never keeps a window from one message to the next, and neither
// need we: the response always contains both no_context_takeover parameters.
func agree(offer string, response []string) (agreement, error) {
	if len(response) == 0 {
		return agreement{}, nil
	}
	name, list, _ := strings.Cut(response[0], ";")
	if len(response) > 1 || strings.Contains(list, ",") || strings.TrimSpace(name) != deflateName {
		return agreement{}, fmt.Errorf("handshake: the extensions %q", response)
	}
	given := map[string]string{}
	for p := range strings.SplitSeq(list, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if _, twice := given[name]; twice {
			return agreement{}, fmt.Errorf("handshake: %q has %s twice", response[0], name)
		}
		given[name] = value
	}
	a := agreement{deflate: true, theirs: maxBits, ours: maxBits}
	// Whoever offers a small window of his own keeps to it, whether or not the
	// server says so: section 7.1.2.2.
	if m := ownBits.FindStringSubmatch(offer); m != nil {
		a.ours, _ = strconv.Atoi(m[1])
	}
	for _, name := range []string{"server_no_context_takeover", "client_no_context_takeover"} {
		if value, ok := given[name]; !ok || value != "" {
			return a, fmt.Errorf("handshake: %q lacks %s", response[0], name)
		}
		delete(given, name)
	}
	for name, value := range given {
		n, err := strconv.Atoi(value)
		switch {
		case err != nil, n < 8, n > maxBits, !strings.Contains(offer, name):
			return a, fmt.Errorf("handshake: %q answers %q", response[0], offer)
		case name == "server_max_window_bits":
			a.theirs = n
		case name == "client_max_window_bits":
			a.ours = n
		default:
			return a, fmt.Errorf("handshake: %q has the parameter %q", response[0], name)
		}
	}
	return a, nil
}

const (
	tail  = "\x00\x00\xff\xff"     // RFC 7692 section 7.2.1
	final = "\x01\x00\x00\xff\xff" // the block that ends a stream
)

// inflate is what a compressed message says. No reference in it may go further
// back than the server's window: one that is no longer than the window has none
// that does.
func (a agreement) inflate(sent string) (string, error) {
	z := flate.NewReader(strings.NewReader(sent + tail + final))
	payload, err := io.ReadAll(z)
	if err == nil && a.theirs < maxBits && len(payload) > 1<<a.theirs {
		err = fmt.Errorf("%d bytes, compressed, may need more than a window of %d bits", len(payload), a.theirs)
	}
	return string(payload), errors.Join(err, z.Close())
}

// packer compresses messages, each on its own, with a window of so many bits.
type packer struct {
	bits  int
	out   bytes.Buffer
	flate *flate.Writer
}

func newPacker(bits int) *packer {
	p := &packer{bits: bits}
	p.flate, _ = flate.NewWriter(&p.out, flate.BestSpeed) // fails for an unknown level only
	return p
}

// pack is a message as it is sent, RFC 7692 section 7.2.1. What is not to refer
// to anything far away is compressed in pieces that know nothing of each other.
func (p *packer) pack(payload string) string {
	p.out.Reset()
	for more := true; more; more = payload != "" {
		n := len(payload)
		if p.bits < maxBits {
			n = min(n, 1<<p.bits)
		}
		p.flate.Reset(&p.out)
		_, _ = p.flate.Write([]byte(payload[:n])) // to memory: never fails
		_ = p.flate.Flush()
		payload = payload[n:]
	}
	return strings.TrimSuffix(p.out.String(), tail)
}

// packed is one message compressed.
func packed(payload string) string { return newPacker(maxBits).pack(payload) }
