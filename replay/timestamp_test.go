package replay

import (
	"testing"
	"time"
)

func TestTimeFormat(t *testing.T) {
	tests := []struct {
		name, format, in, want string
	}{
		{"rfc 3339", "", "2026-01-20T10:30:00.5+09:00", "2026-01-20T01:30:00.5Z"},
		{"rfc 3339 in utc", "rfc3339", "2026-01-20T10:30:00Z", "2026-01-20T10:30:00Z"},
		{"space instead of T", "", "2026-01-20 10:30:00.123456", "2026-01-20T10:30:00.123456Z"},
		{"minutes", "", "2026-01-20 10:30", "2026-01-20T10:30:00Z"},
		{"date", "", "2026-01-20", "2026-01-20T00:00:00Z"},
		{"digits of a date", "", "20260120", "2026-01-20T00:00:00Z"},
		{"digits of date and time", "", "20260120093015", "2026-01-20T09:30:15Z"},
		{"date and time columns", "", "20260120 093015", "2026-01-20T09:30:15Z"},
		{"american words", "", "Jan 1 2000", "2000-01-01T00:00:00Z"},
		{"words with comma", "", "Jan 12, 2000", "2000-01-12T00:00:00Z"},
		{"seconds", "", "1768905000", "2026-01-20T10:30:00Z"},
		{"seconds with fraction", "", "1768905000.25", "2026-01-20T10:30:00.25Z"},
		{"before 1970", "", "-1.5", "1969-12-31T23:59:58.5Z"},
		{"milliseconds", "", "1768905000123", "2026-01-20T10:30:00.123Z"},
		{"microseconds", "", "1768905000123456", "2026-01-20T10:30:00.123456Z"},
		{"nanoseconds", "", "1768905000123456789", "2026-01-20T10:30:00.123456789Z"},
		{"small number in a stated unit", "unix_ms", "1500", "1970-01-01T00:00:01.5Z"},
		{"stated microseconds", "unix_us", "1500000", "1970-01-01T00:00:01.5Z"},
		{"stated nanoseconds", "unix_ns", "1500000000", "1970-01-01T00:00:01.5Z"},
		{"stated seconds", "unix", "20260120", "1970-08-23T11:48:40Z"},
		{"layout", "02/01/2006", "20/01/2026", "2026-01-20T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseTimeFormat(tt.format)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time the layout is remembered
				got, err := f.parse(tt.in)
				if err != nil {
					t.Fatal(err)
				}
				if s := got.Format(time.RFC3339Nano); s != tt.want {
					t.Errorf("parse(%q) = %s, want %s", tt.in, s, tt.want)
				}
			}
		})
	}
}

func TestTimeFormatRefuses(t *testing.T) {
	for _, in := range []string{
		"", "soon", "NaN", "1e9", "2026-13-01", "20261301", "01/02/2006", ".", "-", "9999-12-31",
		"1-1", "99999999999999999999", "0001-01-01T00:00:00Z", "2026-01-20T25:00:00Z", "1.2.3",
	} {
		f := timeFormat{auto: true}
		if got, err := f.parse(in); err == nil {
			t.Errorf("parse(%q) = %s, want an error", in, got)
		}
	}
	for _, format := range []string{"seconds", "%Y-%m-%d", "yyyy"} {
		if _, err := parseTimeFormat(format); err == nil {
			t.Errorf("parseTimeFormat(%q) is no error", format)
		}
	}
}

// Times that no line of a format could have had must not panic, and what is
// read lies within the range that Unix nanoseconds can hold.
func FuzzTimeFormat(f *testing.F) {
	for _, s := range []string{"2026-01-20T10:30:00Z", "Jan 1 2000", "-1.5", "1768905000123456789", "20260120", "1.", "--1"} {
		f.Add("auto", s)
		f.Add("unix_ns", s)
		f.Add("2006", s)
	}
	f.Fuzz(func(t *testing.T, format, s string) {
		tf, err := parseTimeFormat(format)
		if err != nil {
			return
		}
		got, err := tf.parse(s)
		if err == nil && !time.Unix(0, got.UnixNano()).Equal(got) {
			t.Errorf("parse(%q) = %s, outside of what nanoseconds hold", s, got)
		}
	})
}
