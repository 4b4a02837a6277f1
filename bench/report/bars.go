package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/outcry-dev/outcry/bench/result"
)

const (
	barHeight  = 15 // points that a bar and its gap take
	barWidth   = 10
	barsBeside = 52 // points that title and axis take

	labelsFrom = 0.86 // of the width: bars end there, and figures follow
)

// barsOf shows the series of a row: medians as bars, spreads as whiskers and
// the target as a dashed line.
func barsOf(row *result.Result) (panel, error) {
	p := newPlot(row.Title)
	p.X.Label.Text = row.Unit
	p.X.Min = 0
	n := len(row.Series)
	names := make([]string, n)
	limit := bound(row)
	widest := limit
	for i := range row.Series {
		s := &row.Series[i]
		at := n - 1 - i // the first on top
		names[at] = s.Title
		v := s.Values()
		widest = max(widest, v.Max)
		if err := addBar(p, at, v, barColor(row, s)); err != nil {
			return panel{}, err
		}
	}
	p.NominalY(names...)
	p.Y.Width = 0 // no axis line: the bars begin where it would be
	p.Y.Tick.Length = vg.Points(4)
	p.Y.Padding = 0
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4
	p.X.Max = widest / labelsFrom
	p.X.Tick.Marker = plot.TickerFunc(ticks)
	if limit > 0 {
		if err := addLimit(p, limit, n); err != nil {
			return panel{}, err
		}
	}
	labels, err := medians(row, p.X.Max)
	if err != nil {
		return panel{}, err
	}
	p.Add(labels)
	return panel{plot: p, height: vg.Points(float64(n*barHeight + barsBeside))}, nil
}

// bound returns the target of a row in its unit, 0 where there is none.
func bound(row *result.Result) float64 {
	if row.Target == nil {
		return 0
	}
	if base := row.Find(row.Base); base != nil {
		return row.Target.Bound * base.Values().Median
	}
	return row.Target.Bound
}

func barColor(row *result.Result, s *result.Series) color.Color {
	switch {
	case family(s.Server) == outcry && (row.Target == nil || s.Name == row.Target.Series):
		return blue()
	case family(s.Server) == outcry:
		return sky()
	case s.Name == row.Base:
		return grey()
	}
	return neutral()
}

func addBar(p *plot.Plot, at int, v result.Spread, c color.Color) error {
	bar, err := plotter.NewBarChart(plotter.Values{v.Median}, vg.Points(barWidth))
	if err != nil {
		return err
	}
	bar.Horizontal = true
	bar.XMin = float64(at)
	bar.Color = c
	bar.LineStyle.Width = 0
	whisker, err := plotter.NewXErrorBars(whiskers{{v, float64(at)}})
	if err != nil {
		return err
	}
	whisker.LineStyle = draw.LineStyle{Color: dark(), Width: vg.Points(0.8)}
	whisker.CapWidth = vg.Points(5)
	p.Add(bar, whisker)
	return nil
}

// medians writes the figures into a column at the right end.
func medians(row *result.Result, right float64) (*plotter.Labels, error) {
	var at plotter.XYLabels
	for i := range row.Series {
		s := &row.Series[i]
		y := float64(len(row.Series) - 1 - i)
		label := "–"
		if measured(s) {
			label = number(s.Values().Median)
		}
		at.XYs = append(at.XYs, plotter.XY{X: right, Y: y})
		at.Labels = append(at.Labels, label)
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i] = text.Style{
			Color: dark(), Font: typeface(textSize), Handler: plot.DefaultTextHandler,
			XAlign: draw.XRight, YAlign: draw.YCenter,
		}
	}
	return labels, nil
}

// whiskers are plotter's way to take error bars.
type whiskers []whisker

type whisker struct {
	result.Spread
	at float64
}

func (w whiskers) Len() int                { return len(w) }
func (w whiskers) XY(i int) (x, y float64) { return w[i].Median, w[i].at }
func (w whiskers) XError(i int) (low, high float64) {
	return w[i].Min - w[i].Median, w[i].Max - w[i].Median
}

func addLimit(p *plot.Plot, limit float64, n int) error {
	line, err := plotter.NewLine(plotter.XYs{{X: limit, Y: -0.6}, {X: limit, Y: float64(n) - 0.4}})
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: red(), Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(4), vg.Points(3)}}
	p.Add(line)
	return nil
}
