package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// seed makes the random parts of these tests the same in each run.
const seed = 0x6f757463727921

func newRandom(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// corpus is a kind of content to compress.
type corpus struct {
	name string
	op   opcode
	make func(r *rand.Rand, n int) string // exactly n octets
}

func corpora() []corpus {
	return []corpus{
		{"JSON", opText, jsonText},
		{"binary", opBinary, randomOctets},
		{"words", opText, words},
		{"UTF-8", opText, manyScripts},
		{"runs", opBinary, runs},
	}
}

// jsonText is a list of quotes, cut off somewhere.
func jsonText(r *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString("[")
	for b.Len() < n {
		fmt.Fprintf(&b, `{"type":"quote","symbol":"S%03d","bid":%.2f,"ask":%.2f,"time":"2025-01-02T03:04:%02d.%03dZ"},`,
			r.IntN(200), r.Float64()*100, r.Float64()*100, r.IntN(60), r.IntN(1000))
	}
	return b.String()[:n]
}

func randomOctets(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func words(r *rand.Rand, n int) string {
	list := strings.Fields("the price of a share is what the last of them paid and what the next of them hopes to be paid for it")
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(list[r.IntN(len(list))] + " ")
	}
	return b.String()[:n]
}

// manyScripts has code points of every length.
func manyScripts(r *rand.Rand, n int) string {
	starts := []rune{'a', 'а', 'α', '가', '一', '😀'}
	var b strings.Builder
	for b.Len() < n {
		c := starts[r.IntN(len(starts))] + rune(r.IntN(20))
		if b.Len()+utf8.RuneLen(c) > n {
			c = '.'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// runs are octets repeated, near and far.
func runs(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		if far := r.IntN(40_000); far > 0 && far <= b.Len() {
			b.WriteString(b.String()[b.Len()-far:][:min(far, 300)])
		}
		b.WriteString(strings.Repeat(string([]byte{byte(r.Uint32())}), 1+r.IntN(600)))
	}
	return b.String()[:n]
}
