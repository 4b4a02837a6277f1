package result

import "slices"

// Spread is the middle and the ends of some figures.
type Spread struct {
	Median, Min, Max float64
}

// SpreadOf returns the spread of values, zero where there are none. The median
// of an even number of values is the mean of the two in the middle.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return Spread{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1]}
}

// Values returns the spread of the values of a series, without the rounds that
// had problems.
func (s *Series) Values() Spread {
	var values []float64
	for _, r := range s.Rounds {
		if len(r.Problems) == 0 {
			values = append(values, r.Value)
		}
	}
	return SpreadOf(values)
}

// Find returns the series of that name, nil if the row has none.
func (r *Result) Find(name string) *Series {
	for i := range r.Series {
		if r.Series[i].Name == name {
			return &r.Series[i]
		}
	}
	return nil
}

// Ratios returns the spread of a series divided, round by round, by the base.
// It is zero where the row has no base. Rounds with problems on either side are
// left out.
func (r *Result) Ratios(name string) Spread {
	s, base := r.Find(name), r.Find(r.Base)
	if s == nil || base == nil {
		return Spread{}
	}
	var ratios []float64
	for i := range min(len(s.Rounds), len(base.Rounds)) {
		a, b := s.Rounds[i], base.Rounds[i]
		if len(a.Problems)+len(b.Problems) == 0 && b.Value != 0 {
			ratios = append(ratios, a.Value/b.Value)
		}
	}
	return SpreadOf(ratios)
}

// Verdict says whether a row reached its target.
type Verdict struct {
	Reached Spread // what is compared with the bound
	OK      bool
}

// Judge compares a row with its target. A row without a target is OK unless
// a measurement had problems.
func (r *Result) Judge() Verdict {
	v := Verdict{OK: !r.troubled()}
	if r.Target == nil {
		return v
	}
	s := r.Find(r.Target.Series)
	if s == nil || len(s.Rounds) == 0 {
		return Verdict{}
	}
	v.Reached = s.Values()
	measured := slices.ContainsFunc(s.Rounds, func(r Round) bool { return len(r.Problems) == 0 })
	if r.Base != "" {
		v.Reached = r.Ratios(r.Target.Series)
		measured = v.Reached != Spread{}
	}
	v.OK = v.OK && measured && v.Reached.Median <= r.Target.Bound
	return v
}

// troubled reports whether a series that matters for the verdict had problems.
func (r *Result) troubled() bool {
	for i := range r.Series {
		s := &r.Series[i]
		if r.Target != nil && s.Name != r.Target.Series && s.Name != r.Base {
			continue
		}
		for _, round := range s.Rounds {
			if len(round.Problems) > 0 {
				return true
			}
		}
	}
	return false
}
