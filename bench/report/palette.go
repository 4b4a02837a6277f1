package report

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const outcry = "outcry"

// family is the server whose setting another one is: "outcry-goroutine" is
// Outcry too.
func family(server string) string {
	name, _, _ := strings.Cut(server, "-")
	return name
}

// stroke is how the lines of a server look: apart for those who do not see
// colours too.
type stroke struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	glyph  draw.GlyphDrawer
}

// The colours are Okabe and Ito's, chosen to be told apart with any colour
// vision.
func blue() color.Color    { return color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff} }
func orange() color.Color  { return color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff} }
func green() color.Color   { return color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff} }
func red() color.Color     { return color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff} }
func purple() color.Color  { return color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff} }
func sky() color.Color     { return color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff} }
func dark() color.Color    { return color.Gray{Y: 0x30} }
func grey() color.Color    { return color.Gray{Y: 0x80} }
func pale() color.Color    { return color.Gray{Y: 0xe4} }
func neutral() color.Color { return color.Gray{Y: 0xb8} }

// strokeOf returns the look of the nth line of a family in one plot.
func strokeOf(family string, nth int) stroke {
	s := stroke{color: dark(), width: vg.Points(1.2), glyph: draw.CrossGlyph{}}
	switch family {
	case outcry:
		s = stroke{blue(), vg.Points(2.2), nil, draw.CircleGlyph{}}
	case "floor":
		s = stroke{grey(), vg.Points(1.2), nil, draw.PlusGlyph{}}
	case "gobwas":
		s = stroke{purple(), vg.Points(1.2), nil, draw.TriangleGlyph{}}
	case "gorilla":
		s = stroke{red(), vg.Points(1.2), nil, draw.SquareGlyph{}}
	case "gws":
		s = stroke{green(), vg.Points(1.2), nil, draw.PyramidGlyph{}}
	case "coder":
		s = stroke{orange(), vg.Points(1.2), nil, draw.BoxGlyph{}}
	case "centrifuge":
		s = stroke{sky(), vg.Points(1.2), nil, draw.RingGlyph{}}
	}
	switch {
	case nth == 1:
		s.dashes = []vg.Length{vg.Points(6), vg.Points(3)}
	case nth > 1:
		s.dashes = []vg.Length{vg.Points(1.5), vg.Points(2)}
	}
	return s
}
