package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// A vector is one of the groups 6.5 to 6.23.
type vector struct {
	group    int
	valid    string // '+' or '-' for each payload, or one for all
	payloads []string
}

// ok says whether payload i is UTF-8. It is written down, not computed: whoever
// computes it may be as wrong as the server.
func (v vector) ok(i int) bool { return v.valid[min(i, len(v.valid)-1)] == '+' }

func vectors() []vector {
	return []vector{
		{5, "+", []string{"hello$world", "hello¢world", "hello€world", "hello𤭢world", kosme}},
		{6, "-+--+-+-+-+", prefixes(kosme)},
		{7, "+", []string{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}},
		{8, "-", []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
		{9, "+", []string{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}},
		{10, "-", []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
		{11, "++++-", []string{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"}},
		{12, "-", append(continuations(), octetRange(0x80, 0xbf, ""))},
		{13, "-", []string{
			octetRange(0xc0, 0xdf, " "), octetRange(0xe0, 0xef, " "), octetRange(0xf0, 0xf7, " "),
			octetRange(0xf8, 0xfb, " "), octetRange(0xfc, 0xfd, " "),
		}},
		{14, "-", incomplete()},
		{15, "-", []string{strings.Join(incomplete(), "")}},
		{16, "-", []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
		{17, "-", []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
		{18, "-", []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
		{19, "-", []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
		{20, "-", []string{
			"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf",
		}},
		{21, "-", []string{
			"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf",
		}},
		{22, "+", nonCharacters()},
		{23, "+", []string{
			"\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbb", "\xef\xbf\xbc", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xef\xbf\xbf",
		}},
	}
}

// prefixes are the non-empty beginnings of s, octet by octet.
func prefixes(s string) (list []string) {
	for i := range len(s) {
		list = append(list, s[:i+1])
	}
	return list
}

// octetRange is each octet from first to last, with something behind each.
func octetRange(first, last byte, behind string) string {
	var s []byte
	for b := int(first); b <= int(last); b++ {
		s = append(append(s, byte(b)), behind...)
	}
	return string(s)
}

// continuations are continuation octets that continue nothing: the first, the
// last, and two to six of them in turn.
func continuations() []string {
	list := []string{"\x80", "\xbf"}
	for n := 2; n <= 6; n++ {
		list = append(list, strings.Repeat("\x80\xbf", 3)[:n])
	}
	return list
}

// incomplete are sequences that lack their last octet.
func incomplete() []string {
	return []string{
		"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
	}
}

// nonCharacters are the last two code points of each plane. They are valid.
func nonCharacters() []string {
	list := []string{"\xef\xbf\xbe", "\xef\xbf\xbf"}
	for plane := 1; plane <= 16; plane++ {
		second := byte(plane)<<4&0x30 | 0x8f // of U+nFFFE: 11110nnn 10nn1111 10111111 10111110
		for _, last := range []byte{0xbe, 0xbf} {
			list = append(list, string([]byte{0xf0 | byte(plane)>>2, second, 0xbf, last}))
		}
	}
	return list
}

// TestUTF8 covers case 12, groups 6.5 to 6.23, and case 21: in one frame, in
// fragments of one octet, in reads of one octet, and compressed.
func TestUTF8(t *testing.T) {
	shapes := []struct {
		name  string
		offer string
		send  func(payload string) [][]byte
		chops chops
	}{
		{"", "", func(p string) [][]byte { return [][]byte{text(p)} }, 0},
		{" octet-wise", deflateName, func(p string) [][]byte { return [][]byte{text(p)} }, 1},
		{" in fragments", "", octets, byFrame},
		{" compressed", deflateName, func(p string) [][]byte { return whole(opText, rsv1, packed(p)) }, 0},
		{" compressed in fragments", deflateName, func(p string) [][]byte { return split(opText, rsv1, packed(p), 2) }, byFrame},
	}
	over(t, func(t *testing.T, s *server) {
		for _, v := range vectors() {
			for i, payload := range v.payloads {
				for _, shape := range shapes {
					x := exchange{
						name: fmt.Sprintf("6.%d.%d%s", v.group, i+1, shape.name), send: shape.send(payload), chops: shape.chops,
					}
					if v.ok(i) {
						x.want = echoes(opText, payload)
					} else {
						x.code = badText
					}
					t.Run(x.name, func(t *testing.T) { x.run(t, s, shape.offer) })
				}
			}
		}
	})
}
