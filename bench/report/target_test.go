package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/bench/result"
)

// rounds makes a series of values without problems.
func rounds(name string, values ...float64) result.Series {
	s := result.Series{Name: name, Title: "the " + name, Server: name}
	for _, v := range values {
		s.Rounds = append(s.Rounds, result.Round{Value: v})
	}
	return s
}

func TestTarget(t *testing.T) {
	bound := &result.Target{Text: "at most so much", Series: "outcry", Bound: 1.5}
	lossy := rounds("floor", 2, 2, 2)
	lossy.Rounds[1].Problems = []string{"3 lost", "1 doubled"}
	for _, c := range []struct {
		name string
		row  result.Result
		want target
	}{
		{
			"reached",
			result.Result{Unit: "µs of all", Series: []result.Series{rounds("outcry", 1, 1.2, 1.4)}},
			target{Reached: "1.20 µs", Spread: "1.00 – 1.40", OK: true},
		},
		{
			"missed",
			result.Result{Unit: "µs", Series: []result.Series{rounds("outcry", 1, 1.6, 1.7)}, Notes: []string{"Why."}},
			target{Reached: "1.60 µs", Spread: "1.00 – 1.70", Notes: []string{"Why."}},
		},
		{
			"ratio",
			result.Result{Unit: "µs", Base: "floor", Series: []result.Series{rounds("floor", 2, 2), rounds("outcry", 2, 3)}},
			target{Reached: "1.25 ×", Spread: "1.00 – 1.50", OK: true},
		},
		{
			"problems of the base",
			result.Result{Unit: "µs", Base: "floor", Series: []result.Series{lossy, rounds("outcry", 2, 2, 2)}},
			target{
				Reached: "1.00 ×", Spread: "1.00",
				Problems: []string{"the floor: 1 of 3 rounds do not count: 3 lost; 1 doubled"},
			},
		},
		{
			"nothing",
			result.Result{Unit: "µs", Series: []result.Series{rounds("gorilla", 1)}},
			target{Reached: "–", Spread: "–", Problems: []string{"it was not measured"}},
		},
		{
			"zero",
			result.Result{Unit: "allocations per delivered message", Series: []result.Series{rounds("outcry", 0, 0)}},
			target{Reached: "0 allocations", Spread: "0", OK: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.row.Title, c.row.Target = "work", bound
			c.want.Title, c.want.Target = "work", bound.Text
			if diff := cmp.Diff(c.want, targetOf(&c.row)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
