// Package market writes the publications of the benchmarks, quotes as a market
// data feed sends them, and reads what in them shows loss and delay.
package market

import (
	"fmt"
	"strconv"
	"strings"
)

// The stamps are numbers of fixed width at the end of the object, so that
// writing them costs the same for all, and finding them little.
const (
	sequenceName   = `"n":`
	sequenceBase   = 1_000_000_000 // ten digits
	sequenceDigits = 10
	timeName       = `,"at":`
	timeBase       = 1_000_000_000_000_000_000 // nineteen digits
	timeDigits     = 19
)

// stampLength is the length of both stamps.
const stampLength = len(sequenceName) + sequenceDigits + len(timeName) + timeDigits

// Tick is a publication that is written anew again and again. It belongs to
// one goroutine.
type Tick struct {
	fixed []byte // what stands before the stamps; they follow in its capacity
}

// NewTick returns a quote on a channel, of about 180 bytes for size 0, else of
// size bytes, filled up by the depth of the book.
func NewTick(channel string, size int) (*Tick, error) {
	head := fmt.Sprintf(`{"type":"quote","channel":%q,"timestamp":"2026-01-20T10:30:00.123456+00:00",`+
		`"symbol":"AAPL","bid":187.21,"ask":187.22,`, channel)
	if size != 0 {
		book, err := depth(size - len(head) - stampLength - len("}"))
		if err != nil {
			return nil, fmt.Errorf("payload of %d bytes: %w", size, err)
		}
		head += book
	}
	return &Tick{append(make([]byte, 0, len(head)+stampLength+len("}")), head...)}, nil
}

// depth returns members of n bytes in all.
func depth(n int) (string, error) {
	const prefix, suffix = `"book":[`, `],"conditions":"`
	const end = `",`
	if n < len(prefix)+len(suffix)+len(end) {
		return "", fmt.Errorf("%d bytes are left for the book", n)
	}
	n -= len(prefix) + len(suffix) + len(end)
	var levels strings.Builder
	for i := 0; ; i++ {
		level := fmt.Sprintf(`,[%d.%02d,%d]`, 187+i*7%5, i*37%100, 100+i*113%9000)
		if levels.Len()+len(level) > n+1 {
			break
		}
		levels.WriteString(level)
	}
	book := strings.TrimPrefix(levels.String(), ",")
	return prefix + book + suffix + strings.Repeat("@", n-len(book)) + end, nil
}

// Write returns the publication with these stamps: its number and the time in
// nanoseconds. The bytes are overwritten by the next call.
func (t *Tick) Write(n uint32, at int64) []byte {
	b := t.fixed
	b = append(b, sequenceName...)
	b = strconv.AppendInt(b, sequenceBase+int64(n), 10)
	b = append(b, timeName...)
	b = strconv.AppendInt(b, timeBase+at, 10)
	return append(b, '}')
}
