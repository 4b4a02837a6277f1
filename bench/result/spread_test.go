package result

import "testing"

func TestSpreadOf(t *testing.T) {
	cases := []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"none", nil, Spread{}},
		{"one", []float64{3}, Spread{3, 3, 3}},
		{"odd", []float64{9, 1, 4}, Spread{4, 1, 9}},
		{"even", []float64{4, 1, 3, 9}, Spread{3.5, 1, 9}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := SpreadOf(c.values); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func rounds(values ...float64) (all []Round) {
	for _, v := range values {
		all = append(all, Round{Value: v})
	}
	return all
}

func TestJudge(t *testing.T) {
	row := func(target *Target, outcry []Round) Result {
		return Result{Base: "floor", Target: target, Series: []Series{
			{Name: "floor", Rounds: rounds(4, 5, 6)}, {Name: "outcry", Rounds: outcry}, {Name: "peer", Rounds: []Round{{Problems: []string{"lost"}}}},
		}}
	}
	absolute := row(&Target{Series: "outcry", Bound: 5}, rounds(4, 5, 6))
	absolute.Base = ""
	cases := []struct {
		name   string
		row    Result
		ok     bool
		median float64
	}{
		{"ratio reached, round by round", row(&Target{Series: "outcry", Bound: 1.15}, rounds(4.4, 5.5, 6.6)), true, 1.1},
		{"ratio missed", row(&Target{Series: "outcry", Bound: 1.05}, rounds(4.4, 5.5, 6.6)), false, 1.1},
		{"absolute", absolute, true, 5},
		{"a round with problems", row(&Target{Series: "outcry", Bound: 2}, []Round{{Value: 4}, {Value: 5, Problems: []string{"lost"}}, {Value: 6}}), false, 1},
		{"no figures", row(&Target{Series: "outcry", Bound: 2}, nil), false, 0},
		{"no such series", row(&Target{Series: "nobody", Bound: 2}, nil), false, 0},
		{"no target, but problems", row(nil, rounds(1)), false, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := c.row.Judge()
			if v.OK != c.ok || diff(v.Reached.Median, c.median) > 1e-9 {
				t.Errorf("got %+v, want %v at %v", v, c.ok, c.median)
			}
		})
	}
}

func diff(a, b float64) float64 { return max(a-b, b-a) }
