package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxNameLength bounds channel names, patterns and client ids, in bytes.
const MaxNameLength = 128

const channelAlphabet = "allowed are letters and digits of any script and . _ : / @ -"

// CheckChannel says what is wrong with name as a channel a client may use, in
// an Error of code bad_channel; nil if nothing is.
func CheckChannel(name string) *Error {
	if err := checkName("channel name", name); err != nil {
		return err
	}
	return checkAlphabet("channel name", name)
}

// CheckPattern is CheckChannel for a pattern: among the segments between dots
// "*" stands for any one, and ">" as the last for all the rest. A name without
// either is a pattern too.
func CheckPattern(p string) *Error {
	if err := checkName("pattern", p); err != nil {
		return err
	}
	for rest, more := p, true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, ".")
		switch {
		case segment == "*", segment == ">" && !more:
		case segment == ">":
			return Errorf(CodeBadChannel, `pattern has ">" before its last segment`)
		case IsPattern(segment):
			return Errorf(CodeBadChannel, `pattern has a segment with more than "*" or ">" in it; each must be a whole segment between dots`)
		default:
			if err := checkAlphabet("pattern", segment); err != nil {
				return err
			}
		}
	}
	return nil
}

// IsPattern reports whether s has a wildcard, which no channel name has.
func IsPattern(s string) bool { return strings.ContainsAny(s, "*>") }

// CheckClientID says what is wrong with id as a client id, in an Error of code
// bad_request; nil if nothing is.
func CheckClientID(id string) *Error {
	if id == "" || len(id) > MaxNameLength {
		return Errorf(CodeBadRequest, "client id has %d bytes; 1 to %d are allowed", len(id), MaxNameLength)
	}
	for i, r := range id {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._:@-", r):
		default:
			return Errorf(CodeBadRequest, "client id has %+q at byte %d; allowed are A-Z a-z 0-9 . _ : @ -", r, i)
		}
	}
	return nil
}

// checkName checks what channels and patterns have in common.
func checkName(what, s string) *Error {
	switch {
	case s == "" || len(s) > MaxNameLength:
		return Errorf(CodeBadChannel, "%s has %d bytes; 1 to %d are allowed", what, len(s), MaxNameLength)
	case s[0] == '@':
		return Errorf(CodeBadChannel, "%s starts with @; such names are internal", what)
	case isASCII(s):
	case !utf8.ValidString(s):
		return Errorf(CodeBadChannel, "%s is not valid UTF-8", what)
	case !norm.NFC.IsNormalString(s):
		return Errorf(CodeBadChannel, "%s is not in Unicode normalization form C", what)
	}
	return nil
}

func checkAlphabet(what, s string) *Error {
	for _, r := range s {
		if !inChannel(r) {
			return Errorf(CodeBadChannel, "%s has %+q in it; %s", what, r, channelAlphabet)
		}
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func inChannel(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._:/@-", r)
	}
	// Some fillers are letters by category and yet invisible: two names that
	// differ only by them could not be told apart.
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
