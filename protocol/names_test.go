package protocol

import (
	"strings"
	"testing"
)

type nameCase struct {
	name, value string
	err         string // the beginning of the message; empty: allowed
}

func testNames(t *testing.T, check func(string) *Error, code Code, cases []nameCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			err := check(test.value)
			switch {
			case err == nil && test.err != "":
				t.Errorf("%q is allowed, want %s", test.value, test.err)
			case err != nil && test.err == "":
				t.Errorf("%q: %v", test.value, err)
			case err != nil && (err.Code != code || !strings.HasPrefix(err.Message, test.err)):
				t.Errorf("error = %v, want %s: %s", err, code, test.err)
			}
		})
	}
}

// Cases 43 and 44: what could be mistaken for another name, or for a pattern
// of a broker, is no channel name.
func TestCheckChannel(t *testing.T) {
	testNames(t, CheckChannel, CodeBadChannel, []nameCase{
		{"plain", "general", ""},
		{"every ASCII sign", "a.b_c:d/e@f-0", ""},
		{"Korean", "시세.삼성전자", ""},
		{"Japanese, Greek, Arabic digits", "株式.αβ.٣", ""},
		{"one byte", "x", ""},
		{"128 bytes", strings.Repeat("x", 128), ""},
		{"dots alone", "..", ""},

		{"empty", "", "channel name has 0 bytes; 1 to 128 are allowed"},
		{"129 bytes", strings.Repeat("x", 129), "channel name has 129 bytes; 1 to 128 are allowed"},
		{"129 bytes in 43 letters", strings.Repeat("가", 43), "channel name has 129 bytes"},
		{"internal", "@all", "channel name starts with @"},
		{"space", "a b", `channel name has ' ' in it; allowed are letters and digits of any script and . _ : / @ -`},
		{"trailing space", "a ", "channel name has ' ' in it"},
		{"star", "*", "channel name has '*' in it"},
		{"rest", "orders.>", "channel name has '>' in it"},
		{"question mark", "a?", "channel name has '?' in it"},
		{"class", "[a-z]", "channel name has '[' in it"},
		{"backslash", `\`, `channel name has '\\' in it`},
		{"hash", "#", "channel name has '#' in it"},
		{"braces", "{x}", "channel name has '{' in it"},
		{"percent", "a%2e", "channel name has '%' in it"},
		{"NUL", "a\x00", `channel name has '\x00' in it`},
		{"line end", "a\r\nb", `channel name has '\r' in it`},
		{"delete", "a\x7f", `channel name has '\x7f' in it`},
		{"invalid UTF-8", "a\xff", "channel name is not valid UTF-8"},
		{"surrogate", "a\xed\xa0\x80", "channel name is not valid UTF-8"},
		{"not composed", "cafe\u0301", "channel name is not in Unicode normalization form C"},
		{"conjoining jamo", "\u1112\u1161\u11ab", "channel name is not in Unicode normalization form C"},
		{"Kelvin sign", "\u212a", "channel name is not in Unicode normalization form C"},
		{"right-to-left override", "a\u202eb", `channel name has '\u202e' in it`},
		{"zero width space", "a\u200b", `channel name has '\u200b' in it`},
		{"zero width joiner", "a\u200d", `channel name has '\u200d' in it`},
		{"Hangul filler", "a\u3164", `channel name has '\u3164' in it`},
		{"no-break space", "a\u00a0", `channel name has '\u00a0' in it`},
		{"emoji", "🚀", `channel name has '\U0001f680' in it`},
		{"private use", "\ue000", `channel name has '\ue000' in it`},
	})
}

func TestCheckPattern(t *testing.T) {
	testNames(t, CheckPattern, CodeBadChannel, []nameCase{
		{"name", "quotes.AAPL", ""},
		{"star", "*", ""},
		{"star last", "quotes.*", ""},
		{"star first", "*.AAPL", ""},
		{"star inside", "a.*.b", ""},
		{"stars", "*.*", ""},
		{"rest", ">", ""},
		{"rest last", "orders.>", ""},
		{"star and rest", "*.>", ""},
		{"Korean", "시세.*", ""},
		{"128 bytes", strings.Repeat("x", 126) + ".*", ""},

		{"empty", "", "pattern has 0 bytes; 1 to 128 are allowed"},
		{"129 bytes", strings.Repeat("x", 127) + ".*", "pattern has 129 bytes"},
		{"internal", "@user.*", "pattern starts with @"},
		{"rest first", ">.a", `pattern has ">" before its last segment`},
		{"rest inside", "a.>.b", `pattern has ">" before its last segment`},
		{"part of a segment", "quotes.A*", "pattern has a segment with more than"},
		{"two stars", "**", "pattern has a segment with more than"},
		{"both", "*>", "pattern has a segment with more than"},
		{"question mark", "a.?", "pattern has '?' in it"},
		{"class", "a.[a-z]", "pattern has '[' in it"},
		{"user", "orders.{user}", "pattern has '{' in it"},
		{"not composed", "cafe\u0301.*", "pattern is not in Unicode normalization form C"},
	})
}

func TestIsPattern(t *testing.T) {
	for s, want := range map[string]bool{"": false, "quotes.AAPL": false, "quotes.*": true, "orders.>": true, "a*b": true} {
		if got := IsPattern(s); got != want {
			t.Errorf("IsPattern(%q) = %t", s, got)
		}
	}
}

// Case 40: a client id is refused by what is allowed, not by what is known to
// be bad.
func TestCheckClientID(t *testing.T) {
	const alphabet = "; allowed are A-Z a-z 0-9 . _ : @ -"
	testNames(t, CheckClientID, CodeBadRequest, []nameCase{
		{"plain", "test_client_001", ""},
		{"generated", "ws_0a1b2c3d_1768905000", ""},
		{"every sign", "aZ09._:@-", ""},
		{"128 bytes", strings.Repeat("x", 128), ""},

		{"empty", "", "client id has 0 bytes; 1 to 128 are allowed"},
		{"300 KB", strings.Repeat("x", 300<<10), "client id has 307200 bytes; 1 to 128 are allowed"},
		{"star", "*", "client id has '*' at byte 0" + alphabet},
		{"path", "..%2f", "client id has '%' at byte 2" + alphabet},
		{"slash", "a/b", "client id has '/' at byte 1"},
		{"line end", "a\r\nb", `client id has '\r' at byte 1`},
		{"NUL", "a\x00", `client id has '\x00' at byte 1`},
		{"right-to-left override", "a\u202e", `client id has '\u202e' at byte 1`},
		{"Korean", "가", `client id has '\uac00' at byte 0`},
		{"invalid UTF-8", "a\xff", `client id has '\ufffd' at byte 1`},
	})
}
