package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/bench/result"
)

var update = flag.Bool("update", false, "write the golden page anew")

const maxPlot = 60 << 10 // bytes

// sample reads results that were made up to have one of everything.
func sample(t *testing.T) *result.Report {
	t.Helper()
	r, err := result.Read("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWrite(t *testing.T) {
	docs := t.TempDir()
	if err := Write(docs, sample(t)); err != nil {
		t.Fatal(err)
	}
	got := read(t, filepath.Join(docs, "performance.md"))
	const golden = "testdata/performance.md"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, golden)), string(got)); diff != "" {
		t.Errorf("page (-want +got; -update accepts it):\n%s", diff)
	}
}

// The page shows all plots, all plots are shown, and all are small.
func TestPlots(t *testing.T) {
	docs := t.TempDir()
	stale := filepath.Join(docs, "performance", "stale.svg")
	if err := os.MkdirAll(filepath.Dir(stale), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stale, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(docs, sample(t)); err != nil {
		t.Fatal(err)
	}
	page := read(t, filepath.Join(docs, "performance.md"))
	plots, err := filepath.Glob(filepath.Join(docs, "performance", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(plots), bytes.Count(page, []byte("](performance/")); got != want {
		t.Errorf("plots: got %d, the page shows %d", got, want)
	}
	for _, name := range plots {
		svg := read(t, name)
		if !bytes.Contains(page, []byte("](performance/"+filepath.Base(name)+")")) {
			t.Errorf("%s is not on the page", filepath.Base(name))
		}
		if got := len(svg); got > maxPlot {
			t.Errorf("%s has %d bytes, want at most %d", filepath.Base(name), got, maxPlot)
		}
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s has coordinates that are no numbers", filepath.Base(name))
		}
	}
}

func TestDeterminism(t *testing.T) {
	var folders [2]string
	for i := range folders {
		folders[i] = t.TempDir()
		if err := Write(folders[i], sample(t)); err != nil {
			t.Fatal(err)
		}
	}
	plots, err := filepath.Glob(filepath.Join(folders[0], "performance", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range plots {
		again := read(t, filepath.Join(folders[1], "performance", filepath.Base(name)))
		if !bytes.Equal(read(t, name), again) {
			t.Errorf("%s differs between two runs", filepath.Base(name))
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
