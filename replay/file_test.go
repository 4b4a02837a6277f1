package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// grouped is laid out as stock files often are: by symbol, not by time.
const grouped = `symbol,date,price
MSFT,Jan 1 2000,39.81
MSFT,Feb 1 2000,36.35
bad line
AMZN,Jan 1 2000,64.56
AMZN,never,1
AMZN,Feb 1 2000,68.87
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ticks.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a file whose bad lines are collected by number.
func open(t *testing.T, text string, opts Options) (f *File, bad *[]int) {
	t.Helper()
	bad = new([]int)
	opts.OnBadLine = func(e *LineError) { *bad = append(*bad, e.Line) }
	f, err := Open(t.Context(), write(t, text), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, bad
}

func rest(t *testing.T, f *File) []string {
	t.Helper()
	var out []string
	for {
		tick, err := f.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d %s %s", tick.Line, tick.Key, tick.Time.Format(time.DateOnly)))
	}
}

type fileTest struct {
	name string
	opts Options
	want []string
	info Info
}

// run reads the file grouped twice; its bad lines are reported once.
func (tt fileTest) run(t *testing.T) {
	f, bad := open(t, grouped, tt.opts)
	if diff := cmp.Diff(tt.info, f.Info()); diff != "" {
		t.Errorf("info -want +got:\n%s", diff)
	}
	if !f.Ready() {
		t.Error("a file is always ready")
	}
	for pass := range 2 {
		if diff := cmp.Diff(tt.want, rest(t, f)); diff != "" {
			t.Errorf("pass %d -want +got:\n%s", pass, diff)
		}
		if err := f.Rewind(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]int{4, 6}, *bad); diff != "" || f.BadLines() != 2 {
		t.Errorf("bad lines (%d) -want +got:\n%s", f.BadLines(), diff)
	}
}

func TestFileSorts(t *testing.T) {
	asIs := []string{"2 MSFT 2000-01-01", "3 MSFT 2000-02-01", "5 AMZN 2000-01-01", "7 AMZN 2000-02-01"}
	inOrder := []string{"2 MSFT 2000-01-01", "5 AMZN 2000-01-01", "3 MSFT 2000-02-01", "7 AMZN 2000-02-01"}
	jan, feb := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2000, 2, 1, 0, 0, 0, 0, time.UTC)
	size := int64(len(grouped))
	tests := []fileTest{
		{"by itself", Options{}, inOrder, Info{Ticks: 4, First: jan, Last: feb, Sorted: true, Size: size}},
		{"always", Options{Sort: SortAlways}, inOrder, Info{Ticks: 4, First: jan, Last: feb, Sorted: true, Size: size}},
		{"never", Options{Sort: SortNever}, asIs, Info{Ticks: -1, Size: size}},
		{"limit reached", Options{SortLimit: 6}, inOrder, Info{Ticks: 4, First: jan, Last: feb, Sorted: true, Size: size}},
		{"past the limit", Options{SortLimit: 5}, asIs, Info{Ticks: -1, TooLong: true, Size: size}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestFileInOrderNeedsNoIndex(t *testing.T) {
	f, _ := open(t, "symbol,ts\nA,1\nB,1\nC,2\n", Options{})
	if info := f.Info(); info.Sorted || info.Ticks != 3 || f.index != nil {
		t.Errorf("info %+v, index of %d", info, len(f.index))
	}
}

func TestSortedLongLine(t *testing.T) {
	f, bad := open(t, "symbol,ts\nB,2\n"+strings.Repeat("y", 2*maxLine)+"\nA,1\n", Options{})
	want := []string{"4 A 1970-01-01", "2 B 1970-01-01"}
	if diff := cmp.Diff(want, rest(t, f)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]int{3}, *bad); diff != "" {
		t.Errorf("bad lines -want +got:\n%s", diff)
	}
}

func TestOpenFails(t *testing.T) {
	past := Options{Sort: SortAlways, SortLimit: 3}
	if _, err := Open(t.Context(), write(t, grouped), past); !errors.Is(err, errTooManyLines) {
		t.Errorf("past the limit: %v", err)
	}
	if _, err := Open(t.Context(), t.TempDir(), Options{}); err == nil {
		t.Error("a directory is no error")
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, write(t, grouped), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestStream(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		_, err := io.WriteString(out, "symbol,ts\nB,2\nA,1\nC")
		_, err2 := io.WriteString(out, ",3\n")
		_ = out.CloseWithError(errors.Join(err, err2))
	}()
	f, err := NewStream(in, "standard input", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Next(); err != nil || !f.Ready() {
		t.Errorf("a line is buffered: %v, %v", err, f.Ready())
	}
	if _, err := f.Next(); err != nil || f.Ready() {
		t.Errorf("half a line is buffered: %v, %v", err, f.Ready())
	}
	if got := rest(t, f); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	if err := f.Rewind(); !errors.Is(err, ErrStream) {
		t.Errorf("rewind: %v", err)
	}
	if _, err := NewStream(strings.NewReader(grouped), "x", Options{Sort: SortAlways}); !errors.Is(err, ErrStream) {
		t.Errorf("sort: %v", err)
	}
}

func TestParseSort(t *testing.T) {
	for in, want := range map[string]Sort{"": SortAuto, "auto": SortAuto, "always": SortAlways, "never": SortNever} {
		if got, err := ParseSort(in); err != nil || got != want {
			t.Errorf("ParseSort(%q) = %q, %v", in, got, err)
		}
	}
	if _, err := ParseSort("maybe"); err == nil {
		t.Error("maybe is no error")
	}
}
