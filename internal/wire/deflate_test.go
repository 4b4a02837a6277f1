package wire

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// Case 6: what is offered and what is answered.
func TestNegotiateDeflate(t *testing.T) {
	const (
		pmd  = "permessage-deflate"
		both = pmd + "; server_no_context_takeover; client_no_context_takeover"
	)
	type test struct {
		offers []string
		bits   uint8 // 0: declined
		answer string
	}
	full := func(offers ...string) test { return test{offers, 15, both} }
	window := func(bits uint8, offers ...string) test {
		return test{offers, bits, fmt.Sprintf("%s; server_max_window_bits=%d", both, bits)}
	}
	declined := func(offers ...string) test { return test{offers, 0, ""} }
	tests := map[string]test{
		"autobahn 13.1 bare":             full(pmd),
		"autobahn 13.2 server takeover":  full(pmd + "; server_no_context_takeover"),
		"autobahn 13.3 window 9":         window(9, pmd+"; server_max_window_bits=9"),
		"autobahn 13.4 window 15":        window(15, pmd+"; server_max_window_bits=15"),
		"autobahn 13.5 both":             window(9, pmd+"; server_no_context_takeover; server_max_window_bits=9"),
		"autobahn 13.6 both":             window(15, pmd+"; server_no_context_takeover; server_max_window_bits=15"),
		"autobahn 13.7 several":          window(9, pmd+"; server_no_context_takeover; server_max_window_bits=9, "+pmd+"; server_no_context_takeover, "+pmd),
		"browsers":                       full(pmd + "; client_max_window_bits"),
		"python websockets":              window(12, pmd+"; server_max_window_bits=12; client_max_window_bits=12"),
		"client takeover":                full(pmd + "; client_no_context_takeover"),
		"client window 8":                full(pmd + "; client_max_window_bits=8"),
		"window 8":                       window(8, pmd+"; server_max_window_bits=8"),
		"everything":                     window(10, pmd+"; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"),
		"in quotes":                      window(10, pmd+`; server_max_window_bits="10"`),
		"no spaces":                      window(10, pmd+";client_max_window_bits;server_max_window_bits=10"),
		"many spaces":                    window(10, " \t"+pmd+" ;\t client_max_window_bits  ; server_max_window_bits = 10 "),
		"in the second header":           full("x-webkit-deflate-frame", pmd),
		"first sound one":                window(9, pmd+"; x", pmd+"; server_max_window_bits=9, "+pmd),
		"after another":                  full(`foo; bar="a,b;c\"", ` + pmd),
		"after nonsense":                 full(`foo bar=, =;, "x", ` + pmd),
		"after an empty one":             full(", ,\t," + pmd),
		"after 199 wrong ones":           full(strings.Repeat(pmd+"; server_max_window_bits=16, ", 199) + pmd),
		"after 199 wrong headers":        full(append(strings.Split(strings.Repeat(pmd+"; x,", 199), ","), pmd)...),
		"nothing":                        declined(),
		"empty":                          declined(""),
		"another":                        declined("bbf-usp-protocol"),
		"200 wrong ones":                 declined(strings.Repeat(pmd+"; server_max_window_bits=7, ", 200)),
		"unknown parameter":              declined(pmd + "; mux"),
		"unknown with value":             declined(pmd + "; mux=1; client_max_window_bits"),
		"empty parameter":                declined(pmd + ";"),
		"empty parameter between":        declined(pmd + ";; client_max_window_bits"),
		"empty parameter at the end":     declined(pmd + "; client_max_window_bits; "),
		"twice":                          declined(pmd + "; client_max_window_bits; client_max_window_bits"),
		"twice, other value":             declined(pmd + "; server_max_window_bits=9; server_max_window_bits=10"),
		"twice, no value":                declined(pmd + "; server_no_context_takeover; server_no_context_takeover"),
		"twice, once in vain":            declined(pmd + "; client_max_window_bits=9; client_max_window_bits"),
		"value where none may be":        declined(pmd + "; server_no_context_takeover=1"),
		"value where none may be, empty": declined(pmd + `; client_no_context_takeover=""`),
		"no value":                       declined(pmd + "; server_max_window_bits"),
		"no value after =":               declined(pmd + "; client_max_window_bits="),
		"empty value":                    declined(pmd + `; client_max_window_bits=""`),
		"upper case":                     declined(pmd + "; CLIENT_MAX_WINDOW_BITS"),
		"other name":                     declined("permessage-deflate2", "xpermessage-deflate", "Permessage-Deflate"),
		"two words":                      declined("x "+pmd, pmd+" x", pmd+" "+pmd),
		"two values":                     declined(pmd + "; client_max_window_bits=9 10"),
		"value of the extension":         declined(pmd + "=1; client_max_window_bits"),
		"name in quotes":                 declined(`"` + pmd + `"`),
		"parameter in quotes":            declined(pmd + `; "client_max_window_bits"`),
		"open quote":                     declined(pmd+`; client_max_window_bits="`, pmd+`"`, pmd+`; client_max_window_bits"`),
		"open quote over the next":       declined(pmd + `; server_max_window_bits="10, ` + pmd),
		"escaped in quotes":              declined(pmd + `; server_max_window_bits="1\0"`),
		"open quote, escaped":            declined(pmd + `; server_max_window_bits="10\", ` + pmd),
		"comment":                        declined(pmd+"; client_max_window_bits (x)", pmd+"(", pmd+")", pmd+"(;)"),
		"backslash":                      declined(pmd+`\`, pmd+`; client_max_window_bits=\9`),
		"not ASCII":                      declined(pmd+"; é", pmd+"; client_max_window_bits=９", pmd+"\u00a0"),
		"control characters":             declined(pmd+"\x00", pmd+"; client_max_window_bits=9\x00", "\x01"+pmd, pmd+"\x7f"),
		"prototype":                      declined(pmd+"; constructor", "constructor", pmd+"; __proto__=9"),
	}
	for _, bits := range []string{
		"7", "16", "0", "-1", "+9", "010", "09", "9.0", "1e1", "0x9", "99999999999999999999", "100000000000000000000",
		"４", `"7"`, `"010"`, `" 10"`, `"10 "`, `"10;"`, `"10,11"`, `"`, `\`, "=10", strings.Repeat("1", 1000),
	} {
		tests["server window "+bits] = declined(pmd + "; server_max_window_bits=" + bits)
		tests["client window "+bits] = declined(pmd + "; client_max_window_bits=" + bits)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, answer, ok := NegotiateDeflate(tt.offers)
			if d.WindowBits != tt.bits || answer != tt.answer || ok != (tt.bits != 0) {
				t.Errorf("got %+v, %q, %v; want %d, %q", d, answer, ok, tt.bits, tt.answer)
			}
		})
	}
}

func TestDeflateFits(t *testing.T) {
	for _, tt := range []struct {
		bits uint8
		n    int
		want bool
	}{
		{0, 0, false},
		{0, 1, false},
		{8, 0, true},
		{8, 256, true},
		{8, 257, false},
		{12, 4096, true},
		{12, 4097, false},
		{14, 16384, true},
		{14, 16385, false},
		{15, 32768, true},
		{15, 32769, true},
		{15, math.MaxInt, true},
	} {
		if got := (Deflate{WindowBits: tt.bits}).Fits(tt.n); got != tt.want {
			t.Errorf("%d bytes in a window of %d bits: got %v, want %v", tt.n, tt.bits, got, tt.want)
		}
	}
}

// What may be sent compressed has room for any compressor's overhead and never
// overflows, on a 32-bit machine either.
func TestWireSize(t *testing.T) {
	for _, n := range []int{0, 1, 1 << 10, 1 << 20, math.MaxInt/8*7 - 100, math.MaxInt - 64, math.MaxInt} {
		if got := wireSize(n); got < n || got < math.MaxInt && got < n+n/8+n/256+n/512+4 {
			t.Errorf("%d bytes may become %d", n, got)
		}
	}
}

var (
	soundOffer = regexp.MustCompile(`^[ \t]*permessage-deflate[ \t]*(;[ \t]*(` +
		`(server|client)_no_context_takeover|server_max_window_bits[ \t]*=[ \t]*([89]|1[0-5])|client_max_window_bits([ \t]*=[ \t]*([89]|1[0-5]))?` +
		`)[ \t]*)*$`)
	windowOffer    = regexp.MustCompile(`server_max_window_bits[ \t]*=[ \t]*([0-9]+)`)
	parameterOffer = regexp.MustCompile(`(server|client)_[a-z_]+`)
)

// plainOffer is whether an offer without quotes is sound, by other means.
func plainOffer(s string) bool {
	seen := map[string]bool{}
	for _, name := range parameterOffer.FindAllString(s, -1) {
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return soundOffer.MatchString(s)
}

// FuzzNegotiateDeflate: without quotes, the first offer that is sound by a
// regular expression is taken; with them, the answer is at least a legal one.
func FuzzNegotiateDeflate(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits", "")
	f.Add("permessage-deflate; server_max_window_bits=12; client_max_window_bits=12", "x")
	f.Add("x, permessage-deflate; server_max_window_bits=07, permessage-deflate ;server_max_window_bits =8", "permessage-deflate")
	f.Add(`permessage-deflate; server_max_window_bits="1\0", permessage-deflate"`, `a="`)
	f.Add("permessage-deflate; server_no_context_takeover;client_no_context_takeover;\t", ",")
	f.Fuzz(func(t *testing.T, a, b string) {
		d, answer, ok := NegotiateDeflate([]string{a, b})
		rest, sound := strings.CutPrefix(answer, deflateResponse)
		switch {
		case !ok && answer == "" && d == Deflate{}:
		case ok && sound && rest == "" && d.WindowBits == 15:
		case ok && sound && 8 <= d.WindowBits && d.WindowBits <= 15 && rest == fmt.Sprintf("; server_max_window_bits=%d", d.WindowBits):
			if !strings.Contains(a+b, serverWindow) {
				t.Fatalf("answer %q to %q, %q", answer, a, b)
			}
		default:
			t.Fatalf("%+v, %q, %v", d, answer, ok)
		}
		if strings.ContainsAny(a+b, "\"\\()\r\n") {
			return
		}
		want, found := "", false
		for offer := range strings.SplitSeq(a+","+b, ",") {
			if found = plainOffer(offer); found {
				if m := windowOffer.FindStringSubmatch(offer); m != nil {
					want = "; server_max_window_bits=" + m[1]
				}
				break
			}
		}
		if ok != found || ok && rest != want {
			t.Fatalf("answer %q, %v to %q, %q; want %v, %q", answer, ok, a, b, found, want)
		}
	})
}
