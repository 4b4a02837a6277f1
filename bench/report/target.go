package report

import (
	"fmt"
	"strings"

	"github.com/outcry-dev/outcry/bench/result"
)

// target is a row of the table of targets.
type target struct {
	Title, Target, Reached, Spread string
	OK                             bool
	Problems                       []string
	Notes                          []string
}

// targetsOf returns the rows that have a target, in the order of the results.
func targetsOf(r *result.Report) []target {
	var all []target
	for i := range r.Results {
		if r.Results[i].Target != nil {
			all = append(all, targetOf(&r.Results[i]))
		}
	}
	return all
}

func targetOf(r *result.Result) target {
	v := r.Judge()
	t := target{Title: r.Title, Target: r.Target.Text, Reached: "–", Spread: "–", OK: v.OK, Notes: r.Notes}
	s := r.Find(r.Target.Series)
	if s == nil {
		t.Problems = []string{"it was not measured"}
		return t
	}
	switch {
	case r.Base != "" && v.Reached != result.Spread{}:
		t.Reached, t.Spread = ratio(v.Reached.Median)+" ×", ratioSpread(v.Reached)
	case r.Base == "" && measured(s):
		t.Reached, t.Spread = number(v.Reached.Median)+" "+shortUnit(r.Unit), spread(v.Reached)
	}
	for i := range r.Series {
		s := &r.Series[i]
		if s.Name != r.Target.Series && s.Name != r.Base {
			continue
		}
		if n, problems := problemsOf(s); n > 0 {
			t.Problems = append(t.Problems,
				fmt.Sprintf("%s: %d of %d rounds do not count: %s", s.Title, n, len(s.Rounds), enumerate(problems)))
		}
	}
	return t
}

// shortUnit is the unit itself, of "µs from publish to receipt".
func shortUnit(unit string) string {
	short, _, _ := strings.Cut(unit, " ")
	return short
}
