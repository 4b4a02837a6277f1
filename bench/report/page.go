package report

import (
	"bytes"
	_ "embed" // of the template
	"fmt"
	"maps"
	"slices"
	"text/template"

	"github.com/outcry-dev/outcry/bench/result"
)

//go:embed performance.md.tmpl
var pageTemplate string

// page is what the template is filled with.
type page struct {
	Quick   bool
	Rounds  int
	Targets []target
	Groups  []group
	Soak    *long // nil: there was none
	Machine []fact
	Modules []fact
}

// fact is a line of a table of two columns.
type fact struct{ Name, Value string }

// Reached counts the targets that are.
func (p *page) Reached() int { return len(p.Targets) - len(p.Missed()) }

// Missed returns the targets that were not reached.
func (p *page) Missed() []target {
	return slices.DeleteFunc(slices.Clone(p.Targets), func(t target) bool { return t.OK })
}

// markdown writes the page.
func markdown(r *result.Report, groups []group) ([]byte, error) {
	t, err := template.New("performance.md").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	p := &page{
		Quick: r.Quick, Rounds: r.Rounds, Targets: targetsOf(r), Groups: groups,
		Soak: longOf(r.Soak), Machine: machineOf(&r.Machine), Modules: modulesOf(&r.Machine),
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func machineOf(m *result.Machine) []fact {
	const gibibyte = 1 << 30
	return []fact{
		{"processor", m.CPU},
		{"cores", fmt.Sprint(m.Cores)},
		{"memory", number(float64(m.Memory)/gibibyte) + " GiB"},
		{"kernel", m.Kernel},
		{"Go", m.Go},
		{"date", m.Date.UTC().Format("2006-01-02")},
	}
}

func modulesOf(m *result.Machine) []fact {
	var all []fact
	for _, path := range slices.Sorted(maps.Keys(m.Modules)) {
		all = append(all, fact{path, m.Modules[path]})
	}
	return all
}

// long is the long run as the page has it.
type long struct {
	Connections, Duration, Delivered, Returns, Busy string
	Drifts                                          []drift
	Figure                                          string // its file, empty: none
	Problems                                        []string
}

func longOf(s *result.Soak) *long {
	if s == nil {
		return nil
	}
	l := &long{
		Connections: number(float64(s.Connections)),
		Duration:    minutes(s.Duration),
		Delivered:   grouped(fmt.Sprint(s.Delivered)),
		Returns:     grouped(fmt.Sprint(s.Returns)),
		Problems:    s.Problems,
	}
	samples := settled(s.Samples)
	if len(samples) < 2 {
		return l
	}
	l.Figure = soakName
	l.Busy = number(100*busy(samples)) + " %"
	for _, t := range tracks() {
		l.Drifts = append(l.Drifts, driftOf(t, samples))
	}
	return l
}
