package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/outcry-dev/outcry/bench/result"
)

// row is a table of figures: one row of the results.
type row struct {
	Title   string
	Unit    string
	Base    string // title of the series by which the ratios are; empty: none
	Series  []series
	Remarks []string
}

type series struct {
	Title, Median, Spread, Ratio, RatioSpread string
}

// tablesOf makes the tables of a section. A note that belongs to several rows
// stands below the first of them.
func tablesOf(rows []*result.Result) []row {
	var all []row
	noted := map[string]bool{}
	for _, r := range rows {
		out := rowOf(r)
		var notes []string
		for _, n := range r.Notes {
			if !noted[n] {
				notes = append(notes, n)
			}
			noted[n] = true
		}
		out.Remarks = append(notes, out.Remarks...)
		all = append(all, out)
	}
	return all
}

func rowOf(r *result.Result) row {
	out := row{Title: r.Title, Unit: r.Unit}
	if base := r.Find(r.Base); base != nil {
		out.Base = base.Title
	}
	for i := range r.Series {
		s := &r.Series[i]
		out.Series = append(out.Series, seriesOf(r, s))
		out.Remarks = append(out.Remarks, remarks(s)...)
	}
	return out
}

func seriesOf(r *result.Result, s *result.Series) series {
	out := series{Title: s.Title, Median: "–", Spread: "–", Ratio: "–", RatioSpread: "–"}
	if v := s.Values(); v != (result.Spread{}) || measured(s) {
		out.Median, out.Spread = number(v.Median), spread(v)
	}
	if v := r.Ratios(s.Name); v != (result.Spread{}) {
		out.Ratio, out.RatioSpread = ratio(v.Median), ratioSpread(v)
	}
	return out
}

// measured reports whether a round counts.
func measured(s *result.Series) bool {
	return slices.ContainsFunc(s.Rounds, func(r result.Round) bool { return len(r.Problems) == 0 })
}

// remarks say what went wrong in the rounds of a series.
func remarks(s *result.Series) []string {
	var all []string
	if n, problems := problemsOf(s); n > 0 {
		all = append(all, fmt.Sprintf("%s: %d of %d rounds do not count: %s.", s.Title, n, len(s.Rounds), enumerate(problems)))
	}
	var late time.Duration
	for _, r := range s.Rounds {
		late = max(late, r.Lag)
	}
	if late > 0 {
		all = append(all, fmt.Sprintf("%s could not keep up: the last delivery came up to %s after the last publication.",
			s.Title, seconds(late)))
	}
	return all
}

// problemsOf returns how many rounds had problems, and each problem once.
func problemsOf(s *result.Series) (rounds int, problems []string) {
	for _, r := range s.Rounds {
		if len(r.Problems) > 0 {
			rounds++
		}
		for _, p := range r.Problems {
			if !slices.Contains(problems, p) {
				problems = append(problems, p)
			}
		}
	}
	return rounds, problems
}
