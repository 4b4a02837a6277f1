package report

import (
	"cmp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/outcry-dev/outcry/bench/result"
)

const (
	soakName   = "soak"
	soakHeight = 105 // points
)

// track is one quantity of the long run over time.
type track struct {
	title string
	unit  string
	value func(s *result.Sample) float64
}

// tracks are what a long run is judged by: all have to stay flat.
func tracks() []track {
	const mebibyte = 1 << 20
	return []track{
		{"resident memory", "MiB", func(s *result.Sample) float64 { return float64(s.Resident) / mebibyte }},
		{"heap", "MiB", func(s *result.Sample) float64 { return float64(s.Heap) / mebibyte }},
		{"descriptors", "", func(s *result.Sample) float64 { return float64(s.Descriptors) }},
		{"goroutines", "", func(s *result.Sample) float64 { return float64(s.Goroutines) }},
		{"connections", "", func(s *result.Sample) float64 { return float64(s.Connections) }},
	}
}

// soakFigure shows the long run over time.
func soakFigure(s *result.Soak) (figure, error) {
	all := tracks()
	var panels []panel
	for _, part := range []struct {
		title  string
		tracks []track
	}{
		{"Memory", all[:2]},
		{"Descriptors", all[2:3]},
		{"Goroutines", all[3:4]},
	} {
		p, err := soakPanel(part.title, part.tracks, s.Samples)
		if err != nil {
			return figure{}, err
		}
		panels = append(panels, panel{p, vg.Points(soakHeight), cmp.Or(part.tracks[0].unit, "count")})
	}
	last := &panels[len(panels)-1]
	last.plot.X.Label.Text = "time since the start (minutes)"
	last.height += vg.Points(textSize + 4)
	alt := "The long run: memory, descriptors and goroutines over time"
	return figure{Name: soakName, Alt: alt, panels: panels}, nil
}

func soakPanel(title string, tracks []track, samples []result.Sample) (*plot.Plot, error) {
	p := newPlot(title)
	p.Add(rules())
	looks := []draw.LineStyle{
		{Color: blue(), Width: vg.Points(1.8)},
		{Color: orange(), Width: vg.Points(1.5), Dashes: []vg.Length{vg.Points(5), vg.Points(3)}},
	}
	highest := 0.0
	for i, tr := range tracks {
		xys := make(plotter.XYs, len(samples))
		for j := range samples {
			xys[j].X = samples[j].At.Minutes()
			xys[j].Y = tr.value(&samples[j])
			highest = max(highest, xys[j].Y)
		}
		l, err := plotter.NewLine(xys)
		if err != nil {
			return nil, err
		}
		l.LineStyle = looks[i]
		p.Add(l)
		if len(tracks) == 1 {
			continue
		}
		name, err := lineName(tr.title, xys[len(xys)-1])
		if err != nil {
			return nil, err
		}
		p.Add(name)
	}
	p.Y.Min, p.Y.Max = 0, highest*1.3
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(ticks), plot.TickerFunc(fewTicks)
	return p, nil
}

// lineName stands above the end of a line.
func lineName(name string, end plotter.XY) (*plotter.Labels, error) {
	l, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{end}, Labels: []string{name}})
	if err != nil {
		return nil, err
	}
	l.TextStyle[0] = text.Style{
		Color: dark(), Font: typeface(textSize), Handler: plot.DefaultTextHandler,
		XAlign: draw.XRight, YAlign: draw.YBottom,
	}
	l.Offset = vg.Point{Y: vg.Points(3)}
	return l, nil
}

// settled returns the samples after the connections were made: all but the
// first tenth of the time.
func settled(samples []result.Sample) []result.Sample {
	if len(samples) == 0 {
		return nil
	}
	begin := samples[len(samples)-1].At / 10
	for i := range samples {
		if samples[i].At >= begin {
			return samples[i:]
		}
	}
	return nil
}

// drift compares a track's median in the first and the last quarter.
type drift struct {
	Name        string
	First, Last string
	Change      string
}

func driftOf(tr track, samples []result.Sample) drift {
	quarter := max(len(samples)/4, 1)
	first, last := middle(tr, samples[:quarter]), middle(tr, samples[len(samples)-quarter:])
	d := drift{Name: tr.title, First: number(first), Last: number(last), Change: "–"}
	if tr.unit != "" {
		d.Name += ", " + tr.unit
	}
	if first > 0 {
		d.Change = percent(last/first - 1)
	}
	return d
}

func middle(tr track, samples []result.Sample) float64 {
	values := make([]float64, len(samples))
	for i := range samples {
		values[i] = tr.value(&samples[i])
	}
	return result.SpreadOf(values).Median
}

// busy returns the part of one core that the server used.
func busy(samples []result.Sample) float64 {
	if len(samples) < 2 {
		return 0
	}
	first, last := &samples[0], &samples[len(samples)-1]
	if last.At == first.At {
		return 0
	}
	return float64(last.CPU-first.CPU) / float64(last.At-first.At)
}
