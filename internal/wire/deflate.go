package wire

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Deflate is what a connection negotiated of permessage-deflate, RFC 7692. The
// zero value means that it did not. Neither side's window outlives a message:
// one compressed frame serves every connection, and none keeps a window.
type Deflate struct {
	WindowBits uint8 // of the window that the client keeps for what it receives
}

const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Fits reports whether a message of n bytes of payload may be sent compressed.
// A Deflater always uses the largest window; a message that is no longer than
// the client's cannot tell the difference.
func (d Deflate) Fits(n int) bool {
	return d.WindowBits == maxWindowBits || d.WindowBits != 0 && n <= 1<<d.WindowBits
}

// wireSize is the most that any compressor makes of n bytes of payload: 9 bits
// of each byte in blocks with the fixed code, and something for short blocks.
func wireSize(n int) int {
	overhead := n>>3 + n>>6 + 64
	if n > math.MaxInt-overhead {
		return math.MaxInt
	}
	return n + overhead
}

const (
	deflateName     = "permessage-deflate"
	deflateResponse = deflateName + "; server_no_context_takeover; client_no_context_takeover"
)

// NegotiateDeflate accepts the first offer of permessage-deflate, among the
// values of a request's Sec-WebSocket-Extensions headers, that is sound by RFC
// 7692 section 7.1. response is the value of the header to answer with. Offers
// of other extensions, and those that are not sound, are passed over.
func NegotiateDeflate(offers []string) (d Deflate, response string, ok bool) {
	for _, value := range offers {
		for one := range splitOffers(value) {
			bits, ok := parseOffer(one)
			switch {
			case !ok:
			case bits == 0:
				return Deflate{WindowBits: maxWindowBits}, deflateResponse, true
			default:
				return Deflate{WindowBits: bits}, deflateResponse + "; server_max_window_bits=" + strconv.Itoa(int(bits)), true
			}
		}
	}
	return Deflate{}, "", false
}

// splitOffers yields what stands between the commas of a header's value,
// except those in quotes. What is wrong with one offer thus stays within it.
func splitOffers(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(value); i++ {
			switch c := value[i]; {
			case c == '"':
				quoted = !quoted
			case c == '\\' && quoted:
				i++
			case c == ',' && !quoted:
				if !yield(value[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(value[start:])
	}
}

// The parameters of an offer.
const (
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverWindow     = "server_max_window_bits"
	clientWindow     = "client_max_window_bits"
)

// parseOffer reads one offer. ok is false if it is not sound or not of
// permessage-deflate. bits is the server's window that it asks for, 0 if it
// does not.
//
// A sound offer is a row of known words, so that no lexer of header fields is
// needed, which would have to be told what to refuse.
func parseOffer(offer string) (bits uint8, ok bool) {
	name, rest, more := strings.Cut(offer, ";")
	if strings.Trim(name, space) != deflateName {
		return 0, false
	}
	var seen []string
	for more {
		var one string
		one, rest, more = strings.Cut(rest, ";")
		p := parseParameter(one)
		if slices.Contains(seen, p.name) || !p.sound() {
			return 0, false
		}
		seen = append(seen, p.name)
		if p.name == serverWindow {
			bits = p.windowBits()
		}
	}
	return bits, true
}

const space = " \t" // around what an offer consists of

// parameter is one of an offer's. It has a value only if valued is set.
type parameter struct {
	name, value string
	valued      bool
}

// parseParameter reads `name`, `name=value` or `name="value"`.
func parseParameter(s string) (p parameter) {
	p.name, p.value, p.valued = strings.Cut(s, "=")
	p.name, p.value = strings.Trim(p.name, space), strings.Trim(p.value, space)
	if inner, ok := strings.CutPrefix(p.value, `"`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok {
			p.value = inner
		}
	}
	return p
}

// sound reports whether an offer may have p.
func (p parameter) sound() bool {
	switch p.name {
	case serverNoTakeover, clientNoTakeover:
		return !p.valued
	case serverWindow:
		return p.windowBits() != 0
	case clientWindow:
		return !p.valued || p.windowBits() != 0
	default:
		return false
	}
}

// windowBits is p's value as a number of bits, from 8 to 15 without leading
// zeros; 0 if it is none.
func (p parameter) windowBits() uint8 {
	for bits := uint8(minWindowBits); bits <= maxWindowBits; bits++ {
		if p.value == strconv.Itoa(int(bits)) {
			return bits
		}
	}
	return 0
}
