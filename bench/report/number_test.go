package report

import (
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/plot"

	"github.com/outcry-dev/outcry/bench/result"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0:         "0",
		0.0000123: "1.2e-05",
		0.04567:   "0.0457",
		0.5:       "0.5",
		0.9996:    "1.00",
		5.018:     "5.02",
		9.996:     "10.0",
		64.25:     "64.2",
		99.96:     "100",
		811.6:     "812",
		12345.6:   "12,346",
		1234567:   "1,234,567",
		-1500:     "-1,500",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v): got %q, want %q", v, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"spread", spread(result.Spread{Min: 1.2, Median: 1.3, Max: 1.4}), "1.20 – 1.40"},
		{"no spread", spread(result.Spread{Min: 1.2, Median: 1.2, Max: 1.2}), "1.20"},
		{"ratio", ratio(1), "1.00"},
		{"small ratio", ratio(0.0912), "0.0912"},
		{"large ratio", ratio(12.3456), "12.35"},
		{"spread of ratios", ratioSpread(result.Spread{Min: 0.98, Max: 1.021}), "0.98 – 1.02"},
		{"growth", percent(0.0123), "+1.2 %"},
		{"decline", percent(-0.5), "-50.0 %"},
		{"standing still", percent(-0.0001), "0.0 %"},
		{"seconds", seconds(1234 * time.Millisecond), "1.23 s"},
		{"few parts", enumerate([]string{"a", "b", "c", "d"}), "a; b; c; d"},
		{"many parts", enumerate([]string{"a", "b", "c", "d", "e"}), "a; b; c; and 2 more"},
		{"unit", shortUnit("µs from publish to receipt"), "µs"},
		{"mark", mark(2.5), "2.5"},
		{"large mark", mark(15000), "15,000"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name string
		got  []plot.Tick
		want []string
	}{
		{"linear", ticks(0, 11), []string{"0", "2", "4", "6", "8", "10"}},
		{"just above a power", ticks(0, 1.02), []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		{"few", fewTicks(0, 117), []string{"0", "50", "100"}},
		{"few decades", logTicks(0.45, 11), []string{"0.5", "1", "2", "5", "10"}},
		{"many decades", logTicks(40, 90_000), []string{"100", "1,000", "10,000"}},
	} {
		var labels []string
		for _, tick := range c.got {
			if !tick.IsMinor() {
				labels = append(labels, tick.Label)
			}
		}
		if !slices.Equal(labels, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, labels, c.want)
		}
	}
	if got, want := nines(99.9), 3.0; math.Abs(got-want) > 1e-9 {
		t.Errorf("99.9 %%: got %v nines, want %v", got, want)
	}
}
