package replay

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are what "auto" tries, in this order. A day or month that could be
// either (01/02/2006) is not among them: it needs an explicit format.
func layouts() []string {
	return []string{
		time.RFC3339Nano,
		"2006-01-02 15:04:05Z07:00",
		time.DateTime,
		"2006-01-02T15:04:05",
		"2006-01-02 15:04",
		time.DateOnly,
		"2006/01/02 15:04:05",
		"2006/01/02",
		"2006.01.02 15:04:05",
		"2006.01.02",
		"20060102 15:04:05",
		"20060102 150405",
		"20060102150405",
		"20060102",
		"Jan 2 2006 15:04:05",
		"Jan 2 2006",
		"Jan 2, 2006",
		"2 Jan 2006",
	}
}

// timeFormat is how the times of one file are written: found by trial, a
// layout, or a count of units since 1970. Times without a zone are UTC.
type timeFormat struct {
	auto   bool
	layout string
	unit   time.Duration
}

// parseTimeFormat accepts one of the words below or a Go layout, which must
// contain a year.
func parseTimeFormat(s string) (timeFormat, error) {
	switch strings.ToLower(s) {
	case "", "auto":
		return timeFormat{auto: true}, nil
	case "rfc3339":
		return timeFormat{layout: time.RFC3339Nano}, nil
	case "date":
		return timeFormat{layout: time.DateOnly}, nil
	case "unix":
		return timeFormat{unit: time.Second}, nil
	case "unix_ms":
		return timeFormat{unit: time.Millisecond}, nil
	case "unix_us":
		return timeFormat{unit: time.Microsecond}, nil
	case "unix_ns":
		return timeFormat{unit: time.Nanosecond}, nil
	}
	if !strings.Contains(s, "06") {
		return timeFormat{}, fmt.Errorf("time format %q: want auto, rfc3339, date, unix, unix_ms, unix_us, unix_ns"+
			" or a Go layout such as %q", s, "Jan 2 2006")
	}
	return timeFormat{layout: s}, nil
}

// parse reads one time. In auto mode it remembers the layout that fitted and
// tries it first on the next line.
func (f *timeFormat) parse(s string) (time.Time, error) {
	var t time.Time
	var err error
	switch {
	case f.auto:
		t, err = f.guess(s)
	case f.layout != "":
		t, err = time.ParseInLocation(f.layout, s, time.UTC)
	default:
		t, err = unixTime(s, f.unit)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q is not readable", s)
	}
	if y := t.Year(); y < 1700 || y > 2200 {
		return time.Time{}, fmt.Errorf("time %q is outside the years 1700 to 2200", s)
	}
	return t.UTC(), nil
}

func (f *timeFormat) guess(s string) (time.Time, error) {
	if f.layout != "" {
		if t, err := time.ParseInLocation(f.layout, s, time.UTC); err == nil {
			return t, nil
		}
	}
	if isNumber(s) && !looksLikeDate(s) {
		return unixTime(s, 0)
	}
	for _, l := range layouts() {
		if t, err := time.ParseInLocation(l, s, time.UTC); err == nil {
			f.layout = l
			return t, nil
		}
	}
	return time.Time{}, errors.New("no known layout fits")
}

// looksLikeDate says that digits are a date of 1900 to 2099, not a count:
// 20240131 as seconds would be August 1970, 20240131093000 as milliseconds the
// year 2611.
func looksLikeDate(s string) bool {
	return (len(s) == 8 || len(s) == 14) && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) &&
		!strings.Contains(s, ".")
}

func isNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == '-' && i == 0:
		default:
			return false
		}
	}
	return digits > 0
}

// unixTime reads a count of units since 1970. Unit 0 is chosen by magnitude:
// seconds below 1e11 (the year 5138), then milliseconds, microseconds and
// nanoseconds, each a thousand times further.
func unixTime(s string, unit time.Duration) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	if unit == 0 {
		unit = unitOf(n)
	}
	nanos := 0.0
	if fraction != "" {
		if nanos, err = strconv.ParseFloat("0."+fraction, 64); err != nil {
			return time.Time{}, err
		}
		nanos = math.Round(nanos * float64(unit))
	}
	if strings.HasPrefix(whole, "-") {
		nanos = -nanos
	}
	perSecond := int64(time.Second / unit)
	return time.Unix(n/perSecond, n%perSecond*int64(unit)+int64(nanos)), nil
}

func unitOf(n int64) time.Duration {
	size := math.Abs(float64(n))
	switch {
	case size < 1e11:
		return time.Second
	case size < 1e14:
		return time.Millisecond
	case size < 1e17:
		return time.Microsecond
	default:
		return time.Nanosecond
	}
}
