package report

import (
	"fmt"
	"html"
	"regexp"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
)

// fitText has every text of an SVG take the width that it was laid out with,
// whatever font the viewer's machine has for it, and names fonts that come
// close.
func fitText(svg []byte) []byte {
	texts := regexp.MustCompile(`style="font-family:[^"]*;font-size:([0-9.]+)px([^"]*)">([^<]*)</text>`)
	root := regexp.MustCompile(`xmlns:xlink="[^"]*"`)
	svg = texts.ReplaceAllFunc(svg, func(m []byte) []byte {
		part := texts.FindSubmatch(m)
		size, _ := strconv.ParseFloat(string(part[1]), 64) // the expression takes numbers only
		style := text.Style{Font: typeface(size), Handler: plot.DefaultTextHandler}
		width := style.Width(html.UnescapeString(string(part[3])))
		return fmt.Appendf(nil, `textLength="%.5g" lengthAdjust="spacingAndGlyphs" style="font-size:%gpx%s">%s</text>`,
			width.Points(), size, part[2], part[3])
	})
	return root.ReplaceAll(svg, []byte(`font-family="Liberation Sans, Arial, Helvetica, sans-serif"`))
}
