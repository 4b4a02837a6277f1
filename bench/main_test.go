package main

import (
	"os"
	"testing"

	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/scenario"
)

// The server processes are this program, started again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Every server that a scenario names is in the list.
func TestServers(t *testing.T) {
	for _, s := range scenario.All(scenario.Scale{}) {
		for _, l := range s.Legs {
			e, err := server(l.Server)
			if err != nil {
				t.Errorf("%s: %v", s.ID, err)
			}
			if l.Options.Compression && !e.Compresses {
				t.Errorf("%s: leg %s: %s does not compress", s.ID, l.Name, e.Name)
			}
		}
	}
}

func TestRun(t *testing.T) {
	out := t.TempDir()
	for _, only := range []string{"lone,connect", "lone"} { // what is measured once more replaces its former results only
		if err := command(t.Context(), []string{"run", "-quick", "-rounds", "2", "-only", only, "-out", out}); err != nil {
			t.Error(err)
		}
	}
	r, err := result.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Quick || r.Rounds != 2 || len(r.Results) != 4 {
		t.Fatalf("%d results of %d rounds", len(r.Results), r.Rounds)
	}
	for _, row := range r.Results {
		for _, s := range row.Series {
			if len(s.Rounds) != 2 {
				t.Errorf("%s: %s has %d rounds", row.ID, s.Name, len(s.Rounds))
			}
			for _, round := range s.Rounds {
				if len(round.Problems) > 0 {
					t.Errorf("%s: %s: %q", row.ID, s.Name, round.Problems)
				}
			}
		}
	}
}

func TestSoak(t *testing.T) {
	out := t.TempDir()
	// So short a run may well grow: only the record is looked at.
	err := command(t.Context(), []string{"soak", "-duration", "4s", "-conns", "200", "-out", out})
	r, readErr := result.Read(out)
	if readErr != nil || r.Soak == nil {
		t.Fatalf("no record: %v, %v", err, readErr)
	}
	if k := r.Soak; k.Returns == 0 || k.Delivered == 0 || len(k.Samples) < 2 || k.Samples[0].Descriptors < 200 {
		t.Errorf("got %+v", k)
	}
}

func TestCommandRefuses(t *testing.T) {
	for _, args := range [][]string{
		nil,
		{"dance"},
		{"run"},
		{"run", "-out", "x", "more"},
		{"run", "-out", t.TempDir(), "-only", "nothing"},
		{"soak"},
		{"soak", "-out", "x", "-server", "nobody"},
		{"serve"},
		{"serve", "nobody", "{}"},
	} {
		if err := command(t.Context(), args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
