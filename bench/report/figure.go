package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes of figures and their type.
const (
	figureWidth = 540 // points: 720 CSS pixels
	margin      = 8
	panelGap    = 10
	labelGap    = 4
	titleSize   = 11
	textSize    = 9
)

// figure is one SVG file: panels below each other.
type figure struct {
	Name   string // of the file, without ".svg"
	Alt    string // what it shows, for those who do not see it
	panels []panel
}

type panel struct {
	plot   *plot.Plot
	height vg.Length
	// vertical names what the vertical axis shows. The library's own label
	// takes room at the wrong place where the axis is logarithmic.
	vertical string
}

// newPlot returns an empty plot in the style of all figures.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // svg fills it
	p.Title.Text = title
	p.Title.TextStyle.Font = typeface(titleSize)
	p.Title.Padding = vg.Points(5)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = typeface(textSize)
		a.Label.TextStyle.Color = dark()
		a.Label.Padding = vg.Points(3)
		a.Tick.Label.Font = typeface(textSize)
		a.Tick.Label.Color = dark()
		a.Tick.LineStyle.Color = grey()
		a.LineStyle.Color = grey()
	}
	p.Legend.TextStyle.Font = typeface(textSize)
	p.Legend.TextStyle.Color = dark()
	p.Legend.ThumbnailWidth = vg.Points(24)
	p.Legend.Padding = vg.Points(1)
	return p
}

func typeface(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// svg draws the panels, with their data areas in one column.
func (f *figure) svg() ([]byte, error) {
	height := vg.Points(2*margin - panelGap)
	for _, p := range f.panels {
		height += p.height + vg.Points(panelGap)
	}
	canvas := vgsvg.New(figureWidth, height)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	inner := draw.Crop(whole, margin, -margin, margin, -margin)
	for _, p := range f.panels {
		if p.vertical != "" {
			inner.Min.X = margin + textSize + labelGap
		}
	}
	areas := make([]draw.Canvas, len(f.panels))
	var left, right vg.Length
	for i, p := range f.panels {
		areas[i] = inner
		areas[i].Min.Y = inner.Max.Y - p.height
		inner.Max.Y -= p.height + vg.Points(panelGap)
		data := p.plot.DataCanvas(areas[i])
		left = max(left, data.Min.X-areas[i].Min.X)
		right = max(right, areas[i].Max.X-data.Max.X)
	}
	for i, p := range f.panels {
		data := p.plot.DataCanvas(areas[i])
		l, r := data.Min.X-areas[i].Min.X, areas[i].Max.X-data.Max.X
		p.plot.Draw(draw.Crop(areas[i], left-l, r-right, 0, 0))
		label := p.plot.Y.Label.TextStyle
		label.Rotation = math.Pi / 2
		whole.FillText(label, vg.Point{X: margin + textSize, Y: data.Center().Y}, p.vertical)
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	return fitText(b.Bytes()), nil
}
