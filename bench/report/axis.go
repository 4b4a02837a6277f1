package report

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/outcry-dev/outcry/bench/result"
)

// ticks are the marks of a linear axis, four to ten at round numbers.
func ticks(low, high float64) []plot.Tick { return linear(low, high, 4) }

// fewTicks are those of an axis with little room: two to five.
func fewTicks(low, high float64) []plot.Tick { return linear(low, high, 2) }

// linear returns at least so many marks, and about twice as many at most.
func linear(low, high, atLeast float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, factor := range []float64{2, 2.5, 2} {
		if (high-low)/step >= atLeast {
			break
		}
		step /= factor
	}
	var all []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		all = append(all, plot.Tick{Value: i * step, Label: mark(i * step)})
	}
	return all
}

// logTicks are the marks of a logarithmic axis: its decades, and where these
// are few, 2 and 5 times them.
func logTicks(low, high float64) []plot.Tick {
	few := math.Log10(high/low) < 2.5
	var all []plot.Tick
	for decade := math.Pow(10, math.Floor(math.Log10(low))); decade <= high; decade *= 10 {
		for digit := 1.0; digit < 10; digit++ {
			v := digit * decade
			if v < low || v > high {
				continue
			}
			t := plot.Tick{Value: v}
			if digit == 1 || few && (digit == 2 || digit == 5) {
				t.Label = mark(v)
			}
			all = append(all, t)
		}
	}
	return all
}

// logarithmic makes a an axis for values from low to high.
func logarithmic(a *plot.Axis, low, high float64) {
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.TickerFunc(logTicks)
	a.Min, a.Max = low, high
}

// nines is where a percentile stands on an axis on which each further nine
// takes the same room.
func nines(rank float64) float64 { return -math.Log10(1 - rank/100) }

// percentTicks are the marks of an axis of nines.
func percentTicks() plot.ConstantTicks {
	return plot.ConstantTicks{
		{Value: 0, Label: "0 %"},
		{Value: nines(50), Label: "50 %"},
		{Value: nines(90), Label: "90 %"},
		{Value: nines(99), Label: "99 %"},
		{Value: nines(99.9), Label: "99.9 %"},
		{Value: nines(99.99), Label: "99.99 %"},
		{Value: nines(99.999), Label: "99.999 %"},
	}
}

// rules draws faint lines at the marks.
func rules() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical = draw.LineStyle{Color: pale(), Width: vg.Points(0.6)}
	g.Horizontal = g.Vertical
	return g
}

// point is one of a line, with its spread.
type point struct {
	x float64
	y result.Spread
}

// points are plotter's way to take lines and error bars.
type points []point

func (p points) Len() int                { return len(p) }
func (p points) XY(i int) (x, y float64) { return p[i].x, p[i].y.Median }
func (p points) YError(i int) (low, high float64) {
	return p[i].y.Min - p[i].y.Median, p[i].y.Max - p[i].y.Median
}
