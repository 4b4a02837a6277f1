package market

import "bytes"

// mark is found in publications and nowhere else.
var mark = []byte(sequenceName + "1")

// Stamp is what a publication says of itself.
type Stamp struct {
	N  uint32
	At int64 // nanoseconds
}

// Marked reports whether a message holds a publication.
func Marked(message []byte) bool { return bytes.Contains(message, mark) }

// Next finds the first stamp in message and returns it and what follows, so
// that one message may hold several publications. It reports false when none
// is left, and for what only looks like a stamp.
func Next(message []byte) (s Stamp, rest []byte, ok bool) {
	i := bytes.Index(message, mark)
	if i < 0 || len(message) < i+stampLength {
		return Stamp{}, nil, false
	}
	b := message[i+len(sequenceName):]
	n, ok := digits(b[:sequenceDigits])
	b = b[sequenceDigits:]
	if !ok || string(b[:len(timeName)]) != timeName {
		return Stamp{}, nil, false
	}
	b = b[len(timeName):]
	at, ok := digits(b[:timeDigits])
	if !ok {
		return Stamp{}, nil, false
	}
	return Stamp{N: uint32(n - sequenceBase), At: at - timeBase}, b[timeDigits:], true
}

// digits reads a number that fits 63 bits.
func digits(b []byte) (int64, bool) {
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
