package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/outcry-dev/outcry/bench/result"
)

const (
	linesHeight = 250 // points
	legendLine  = 11  // that a line of the legend takes
	legendGap   = 60  // what title and horizontal axis take, and some air
)

// line is what one server, in one setting, makes of a plot.
type line struct {
	title, server string
	points        points
}

// percentilesOf shows the distribution of latencies of a row. It reports false
// where none were measured.
func percentilesOf(row *result.Result) (panel, bool, error) {
	lines := distributions(row)
	if len(lines) == 0 {
		return panel{}, false, nil
	}
	// "…, p99" says which one the row's value is.
	title, _, _ := strings.Cut(row.Title, ", p")
	p := newPlot(title)
	p.X.Label.Text = "percentile"
	p.Add(rules())
	if err := addLines(p, lines, false); err != nil {
		return panel{}, false, err
	}
	p.X.Tick.Marker = percentTicks()
	makeRoom(p, lines, true)
	return panel{p, vg.Points(linesHeight), "latency (" + shortUnit(row.Unit) + ")"}, true, nil
}

func distributions(row *result.Result) []line {
	var lines []line
	for i := range row.Series {
		s := &row.Series[i]
		if l := (line{s.Title, s.Server, distribution(s)}); len(l.points) > 1 {
			lines = append(lines, l)
		}
	}
	return lines
}

func sameDistribution(a, b *result.Result) bool {
	return slices.EqualFunc(distributions(a), distributions(b), func(a, b line) bool {
		return a.server == b.server && slices.Equal(a.points, b.points)
	})
}

// distribution returns the median over the rounds of each percentile from the
// 50th on: how far the rounds are apart would hide the lines.
func distribution(s *result.Series) points {
	values := map[float64][]float64{}
	for _, r := range s.Rounds {
		for _, p := range r.Percentiles {
			if p.Rank >= 50 && p.Rank < 100 && p.Value > 0 && len(r.Problems) == 0 {
				values[p.Rank] = append(values[p.Rank], p.Value)
			}
		}
	}
	var all points
	for rank, v := range values {
		m := result.SpreadOf(v).Median
		all = append(all, point{nines(rank), result.Spread{Median: m, Min: m, Max: m}})
	}
	slices.SortFunc(all, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	return all
}

// ratesOf lays rows side by side by their rates. It reports false where fewer
// than two have one.
func ratesOf(title string, rows []*result.Result) (panel, bool, error) {
	lines, rates := byRate(rows)
	if len(rates) < 2 {
		return panel{}, false, nil
	}
	p := newPlot(title)
	p.X.Label.Text = "messages per second"
	p.Add(rules())
	if err := addLines(p, lines, true); err != nil {
		return panel{}, false, err
	}
	logarithmic(&p.X, rates[0], rates[len(rates)-1])
	marks := make(plot.ConstantTicks, 0, len(rates))
	for _, r := range rates {
		marks = append(marks, plot.Tick{Value: r, Label: mark(r)})
	}
	p.X.Tick.Marker = marks
	makeRoom(p, lines, false)
	return panel{p, vg.Points(linesHeight), rows[0].Unit}, true, nil
}

// byRate returns a line for each series that was measured at two rates at
// least, and the rates, in order.
func byRate(rows []*result.Result) (lines []line, rates []float64) {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *result.Result) int { return cmp.Compare(a.Rate, b.Rate) })
	for _, row := range rows {
		if row.Rate <= 0 {
			continue
		}
		if !slices.Contains(rates, row.Rate) {
			rates = append(rates, row.Rate)
		}
		for i := range row.Series {
			s := &row.Series[i]
			v := s.Values()
			if v.Median <= 0 {
				continue
			}
			at := slices.IndexFunc(lines, func(l line) bool { return l.title == s.Title })
			if at < 0 {
				at = len(lines)
				lines = append(lines, line{title: s.Title, server: s.Server})
			}
			lines[at].points = append(lines[at].points, point{row.Rate, v})
		}
	}
	lines = slices.DeleteFunc(lines, func(l line) bool { return len(l.points) < 2 })
	return lines, rates
}

// addLines draws lines over logarithmic values, with a legend.
func addLines(p *plot.Plot, lines []line, whiskers bool) error {
	low, high := math.Inf(1), 0.0
	seen := map[string]int{}
	for _, l := range lines {
		look := strokeOf(family(l.server), seen[family(l.server)])
		seen[family(l.server)]++
		drawn, marks, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return err
		}
		drawn.LineStyle = draw.LineStyle{Color: look.color, Width: look.width, Dashes: look.dashes}
		marks.GlyphStyle = draw.GlyphStyle{Color: look.color, Radius: vg.Points(2.5), Shape: look.glyph}
		if whiskers {
			w, err := plotter.NewYErrorBars(l.points)
			if err != nil {
				return err
			}
			w.LineStyle = draw.LineStyle{Color: look.color, Width: vg.Points(0.8)}
			w.CapWidth = vg.Points(4)
			p.Add(w)
		}
		p.Add(drawn, marks)
		p.Legend.Add(l.title, drawn, marks)
		for _, at := range l.points {
			low, high = min(low, at.y.Min), max(high, at.y.Max)
		}
	}
	logarithmic(&p.Y, low/1.1, high*1.1)
	return nil
}

// makeRoom puts the legend to the left, at the top or at the bottom, and
// stretches the vertical axis as far as the lines would run through it.
func makeRoom(p *plot.Plot, lines []line, top bool) {
	p.Legend.Left, p.Legend.Top = true, top
	free := 1 - (float64(len(lines))*legendLine+legendGap)/linesHeight
	middle := p.X.Norm((p.X.Min + p.X.Max) / 2)
	low, high := math.Inf(1), 0.0
	for _, l := range lines {
		for _, at := range l.points {
			if p.X.Norm(at.x) <= middle {
				low, high = min(low, at.y.Min), max(high, at.y.Max)
			}
		}
	}
	if top {
		p.Y.Max = max(p.Y.Max, p.Y.Min*math.Pow(high/p.Y.Min, 1/free))
	} else {
		p.Y.Min = min(p.Y.Min, p.Y.Max/math.Pow(p.Y.Max/low, 1/free))
	}
}
