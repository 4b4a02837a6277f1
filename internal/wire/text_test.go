package wire

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// Greetings of Autobahn 6: two-byte and three-byte code points.
const (
	kosme = "κόσμε"
	hello = "Hello-µ@ßöäüàá-UTF-8!!"
)

// validText holds valid texts, invalidText others, by Autobahn's numbers.
var (
	validText = map[string][]string{
		"autobahn 6.2 mixed":               {hello},
		"autobahn 6.5 greek":               {kosme},
		"autobahn 6.7 first of its length": {"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"},
		"autobahn 6.9 last of its length":  {"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"},
		"autobahn 6.11 around surrogates":  {"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"},
		"autobahn 6.22 non-characters":     nonCharacters(),
		"autobahn 6.23 specials":           {"\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbb", "\xef\xbf\xbc", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xef\xbf\xbf"},
		"a replacement character":          {"\ufffd", "a\ufffdb"},
		"runes of all four widths":         {"aµ€𝄞", "𝄞€µa", strings.Repeat("𝄞", 50)},
	}
	invalidText = map[string][]string{
		"autobahn 6.3 surrogate":         {kosme + "\xed\xa0\x80edited"},
		"autobahn 6.4 beyond the last":   {kosme + "\xf4\x90\x80\x80edited"},
		"autobahn 6.8 five and six":      {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"},
		"autobahn 6.10 last ones":        {"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"},
		"autobahn 6.11.5 beyond":         {"\xf4\x90\x80\x80"},
		"autobahn 6.12 continuations":    strayContinuations(),
		"autobahn 6.13 lonely starts":    lonelyStarts(),
		"autobahn 6.14 last missing":     {"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80", "\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"},
		"autobahn 6.15 of 6.14, joined":  {"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf"},
		"autobahn 6.16 impossible":       {"\xfe", "\xff", "\xfe\xfe\xff\xff"},
		"autobahn 6.17 overlong slash":   {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"},
		"autobahn 6.18 longest overlong": {"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"},
		"autobahn 6.19 overlong NUL":     {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"},
		"autobahn 6.20 surrogates":       {"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"},
		"autobahn 6.21 surrogate pairs": {
			"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf",
		},
		"cut off at the end": {"€"[:1], "€"[:2], "𝄞"[:1], "𝄞"[:2], "𝄞"[:3], "a" + "µ"[:1]},
	}
)

// nonCharacters are the last two code points of each plane; Autobahn 6.22.
func nonCharacters() []string {
	var out []string
	for plane := range rune(17) {
		out = append(out, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return out
}

// strayContinuations are runs of bytes that may only follow others; Autobahn
// 6.12.
func strayContinuations() []string {
	out := []string{"\x80", "\xbf"}
	for n := 2; n <= 7; n++ {
		out = append(out, strings.Repeat("\x80\xbf", n)[:n])
	}
	all := ""
	for b := 0x80; b <= 0xbf; b++ {
		all += string([]byte{byte(b)})
	}
	return append(out, all)
}

// lonelyStarts are all bytes that must be followed by others, each followed by
// a space; Autobahn 6.13.
func lonelyStarts() []string {
	var out []string
	for b := 0xc0; b <= 0xfd; b++ {
		out = append(out, string([]byte{byte(b), ' '}))
	}
	return append(out, strings.Join(out, ""))
}

// Autobahn 6: text is UTF-8, cut by frames and reads wherever; case 21.
func TestText(t *testing.T) {
	check := func(texts map[string][]string, want func(text string) outcome) {
		for name, list := range texts {
			t.Run(name, func(t *testing.T) {
				for _, s := range list {
					for _, in := range [][]byte{text(s), fragments(OpText, s, 1), stream(first(s), last("")), stream(first(""), more(s), last(""))} {
						expect(t, in, Limits{MessageSize: 1000, Fragments: 1000}, want(s))
					}
				}
			})
		}
	}
	check(validText, func(s string) outcome { return delivers(seen{OpText, s}) })
	check(invalidText, func(string) outcome { return fails(1007) })
}

// Autobahn 6.1: empty texts; 6.2 and 6.4 by frames.
func TestTextFragments(t *testing.T) {
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"autobahn 6.1.1 empty":             {text(""), delivers(seen{OpText, ""})},
		"autobahn 6.1.2 three empty":       {stream(first(""), more(""), last("")), delivers(seen{OpText, ""})},
		"autobahn 6.1.3 middle only":       {stream(first(""), more("middle"), last("")), delivers(seen{OpText, "middle"})},
		"autobahn 6.2.2 two halves":        {stream(first(hello[:7]), last(hello[7:])), delivers(seen{OpText, hello})},
		"autobahn 6.4.1 in the middle":     {stream(first(kosme), more("\xf4\x90\x80\x80"), last("edited")), fails(1007)},
		"autobahn 6.4.2 within the middle": {stream(first(kosme+"\xf4"), more("\x90"), last("")), fails(1007)},
		"ping in a code point":             {stream(first("\xe2"), ping("\xff"), more("\x82"), last("\xac")), delivers(seen{OpPing, "\xff"}, seen{OpText, "€"})},
		"cut off, then a new one":          {stream(first("\xe2\x82"), last(""), text("\xac")), fails(1007)},
		"after a good one":                 {stream(text(kosme), text("\xff")), fails(1007, seen{OpText, kosme})},
		"binary, then text":                {stream(frame(OpBinary, false, "\xff"), last("\xff"), first("\xc2"), last("\xb5")), delivers(seen{OpBinary, "\xff\xff"}, seen{OpText, "µ"})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, roomy, tt.want) })
	}
}

// Autobahn 6.6: a prefix is valid exactly where a code point ends.
func TestTextPrefixes(t *testing.T) {
	for n := 1; n <= len(kosme); n++ {
		t.Run(fmt.Sprintf("autobahn 6.6.%d", n), func(t *testing.T) {
			s := kosme[:n]
			want := fails(1007)
			if utf8.ValidString(s) {
				want = delivers(seen{OpText, s})
			}
			expect(t, text(s), roomy, want)
			expect(t, fragments(OpText, s, 1), roomy, want)
		})
	}
}

// Autobahn 6.4.3 and 6.4.4, strictly: an error is reported with the very byte that makes it
// certain, in the middle of a frame, of a message, or both; case 21.
func TestTextFailsFast(t *testing.T) {
	check := func(t *testing.T, s string) {
		t.Helper()
		want := failsAt(s)
		whole := text(s + "!")
		fragment := first(s + "!")
		for name, in := range map[string][]byte{
			"bytes":           whole,
			"bytes, fragment": fragment,
		} {
			if got := feedUntilError(t, in) - (len(in) - len(s) - 1); got != want {
				t.Errorf("%q in %s: error at byte %d, want %d", s, name, got, want)
			}
		}
		in := fragments(OpText, s+"!", 1)
		if got := feedUntilError(t, in) / len(text("!")); got != want {
			t.Errorf("%q in frames: error at byte %d, want %d", s, got, want)
		}
		if want < len(s) {
			// In one read that ends within the frame.
			var a *Assembly
			_, _, err := Next(&a, whole[:len(whole)-len(s)+want], roomy)
			if got := code(t, err); got != 1007 {
				t.Errorf("%q: got %d, want 1007", s, got)
			}
		}
	}
	for name, list := range invalidText {
		t.Run("fails fast, "+name, func(t *testing.T) {
			for _, s := range list {
				check(t, s)
			}
		})
	}
	t.Run("every two bytes", func(t *testing.T) {
		for a := 0x7f; a <= 0xff; a++ {
			for b := 0x70; b <= 0xff; b++ {
				check(t, string([]byte{byte(a), byte(b)}))
			}
		}
	})
}

// failsAt is the index of the first byte of s+"!" with which no continuation is
// valid. It tries continuations: those here leave no second byte's range out.
func failsAt(s string) int {
	s += "!"
	for n := 1; n <= len(s); n++ {
		if !completable(s[:n], 3) {
			return n - 1
		}
	}
	return len(s)
}

func completable(s string, depth int) bool {
	if utf8.ValidString(s) {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, next := range []string{"\x80", "\x90", "\xa0"} {
		if completable(s+next, depth-1) {
			return true
		}
	}
	return false
}

// feedUntilError is how many bytes of in are accepted before the one that is an
// error; all, if none is.
func feedUntilError(t *testing.T, in []byte) int {
	t.Helper()
	var a *Assembly
	for i, b := range in {
		if _, _, err := Next(&a, []byte{b}, Limits{MessageSize: 1000, Fragments: 1000}); err != nil {
			if got := code(t, err); got != 1007 {
				t.Errorf("got %d, want 1007", got)
			}
			return i
		}
	}
	return len(in)
}
