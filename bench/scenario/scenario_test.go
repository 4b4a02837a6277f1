package scenario

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/result"
)

// Lines name legs that there are, targets and bases series that there are, and
// nothing goes by the same name.
func TestAll(t *testing.T) {
	rows := map[string]bool{}
	for _, s := range All(Scale{}) {
		legs := map[string]bool{}
		for _, l := range s.Legs {
			if legs[l.Name] || l.Server == "" || l.Measure == nil {
				t.Errorf("%s: leg %q is twice, or not complete", s.ID, l.Name)
			}
			legs[l.Name] = true
		}
		for _, r := range s.Rows {
			if rows[r.ID] || r.ID == "" || r.Group == "" || r.Title == "" || r.Unit == "" {
				t.Errorf("%s: row %q is twice, or not complete", s.ID, r.ID)
			}
			rows[r.ID] = true
			checkLines(t, &r, legs)
		}
	}
	for _, target := range []string{
		"memory-shared", "memory-own", "fan-out-1000", "fan-out-10000", "growth", "rate-1000", "rate-1000-poisson", "rate-5000",
		"compression", "ping-pong", "connect", "lone-p50", "lone-p99", "channels", "unrelated-ping", "idle",
		"allocations-delivery", "allocations-publish", "returns",
	} {
		if !rows[target] {
			t.Errorf("no row %q", target)
		}
	}
}

func checkLines(t *testing.T, r *Row, legs map[string]bool) {
	t.Helper()
	names := map[string]bool{"": true}
	for _, l := range r.Lines {
		if names[l.Name] || l.Figure == "" {
			t.Errorf("%s: line %q is twice, or not complete", r.ID, l.Name)
		}
		names[l.Name] = true
		if !legs[l.Leg] || l.Per != "" && !legs[l.Per] {
			t.Errorf("%s: line %q is of no leg", r.ID, l.Name)
		}
	}
	if !names[r.Base] {
		t.Errorf("%s: base %q is no line", r.ID, r.Base)
	}
	if r.Target != nil && (r.Target.Series == "" || !names[r.Target.Series] || r.Target.Bound <= 0) {
		t.Errorf("%s: target %+v", r.ID, r.Target)
	}
}

func TestLineValue(t *testing.T) {
	round := map[string]outcome{
		"a":      {figures: Figures{"cost": 6}},
		"b":      {figures: Figures{"cost": 4}, lag: 2 * overload},
		"broken": {problems: []string{"lost"}},
		"empty":  {},
	}
	cases := []struct {
		name string
		line Line
		want result.Round
		bad  bool
	}{
		{"figure", Line{Leg: "a", Figure: "cost"}, result.Round{Value: 6}, false},
		{"lag", Line{Leg: "b", Figure: "cost"}, result.Round{Value: 4, Lag: 2 * overload}, false},
		{"quotient", Line{Leg: "a", Figure: "cost", Per: "b"}, result.Round{Value: 1.5, Lag: 2 * overload}, false},
		{"problems", Line{Leg: "broken", Figure: "cost"}, result.Round{}, true},
		{"problems of the divisor", Line{Leg: "a", Figure: "cost", Per: "broken"}, result.Round{Value: 6}, true},
		{"no divisor", Line{Leg: "a", Figure: "cost", Per: "empty"}, result.Round{Value: 6}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.line.value(round)
			if got.Value != c.want.Value || got.Lag != c.want.Lag || (len(got.Problems) > 0) != c.bad {
				t.Errorf("got %+v, want %+v, problems: %v", got, c.want, c.bad)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	ids := func(ids ...string) int { return len(Select(All(Scale{}), ids)) }
	if all, none := ids(), ids("nothing"); all != len(All(Scale{})) || none != 0 {
		t.Errorf("all are %d, none %d", all, none)
	}
	if one, two := ids("growth"), ids("idle", "memory-own"); one != 1 || two != 2 {
		t.Errorf("one is %d, two are %d", one, two)
	}
}
