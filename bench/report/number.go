package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/bench/result"
)

// number writes v with three significant digits, and whole from a hundred on,
// with commas between thousands.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a < 0.001:
		return strconv.FormatFloat(v, 'g', 2, 64)
	case a < 0.9995:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return grouped(strconv.FormatFloat(v, 'f', 0, 64))
}

// mark writes a round number, as axes have them.
func mark(v float64) string {
	if math.Abs(v) >= 1000 {
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// grouped puts commas into a whole number.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// spread writes the ends of s, as one number where they read the same.
func spread(s result.Spread) string {
	low, high := number(s.Min), number(s.Max)
	if low == high {
		return low
	}
	return low + " – " + high
}

// percent writes a change, with its sign.
func percent(part float64) string {
	s := strconv.FormatFloat(100*part, 'f', 1, 64)
	switch {
	case s == "-0.0" || s == "0.0":
		return "0.0 %"
	case part > 0:
		s = "+" + s
	}
	return s + " %"
}

// ratio writes a quotient with two decimals, more where it is small.
func ratio(v float64) string {
	if math.Abs(v) < 0.1 {
		return number(v)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func ratioSpread(s result.Spread) string {
	low, high := ratio(s.Min), ratio(s.Max)
	if low == high {
		return low
	}
	return low + " – " + high
}

// seconds writes a duration as the text has it.
func seconds(d time.Duration) string { return number(d.Seconds()) + " s" }

// minutes writes a duration as the text has it.
func minutes(d time.Duration) string { return number(d.Minutes()) + " minutes" }

// enumerate joins parts of a sentence, but not more than four.
func enumerate(parts []string) string {
	if len(parts) > 4 {
		parts = append(parts[:3:3], fmt.Sprintf("and %d more", len(parts)-3))
	}
	return strings.Join(parts, "; ")
}
