package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// paint colours text where it is true.
type paint bool

// paintFor colours only what a terminal shows.
func paintFor(w io.Writer, noColor bool) paint { return paint(!noColor && isTerminal(w)) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p paint) dim(s string) string   { return p.code("2", s) }
func (p paint) red(s string) string   { return p.code("31", s) }
func (p paint) green(s string) string { return p.code("32", s) }
func (p paint) cyan(s string) string  { return p.code("36", s) }
func (p paint) bold(s string) string  { return p.code("1", s) }

func (p paint) code(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// printable writes control characters, and those that turn the direction of
// text, as escapes: what others publish must not steer the terminal.
func printable(s string) string {
	clean := func(r rune) bool { return r == ' ' || r != utf8.RuneError && unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case clean(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
