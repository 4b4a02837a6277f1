package result

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFile(t *testing.T) {
	folder := t.TempDir()
	none, err := Read(folder)
	if err != nil || len(none.Results) != 0 {
		t.Fatalf("got %v, error %v, want no results", none, err)
	}
	machine, err := Here()
	if err != nil {
		t.Fatal(err)
	}
	if machine.CPU == "" || machine.Memory == 0 || machine.Kernel == "" {
		t.Errorf("machine %+v", machine)
	}
	want := &Report{
		Machine: machine, Rounds: 7,
		Results: []Result{{ID: "a", Target: &Target{Bound: 1}, Series: []Series{{Name: "s", Rounds: []Round{
			{Value: 1.5, Lag: time.Second, Percentiles: []Percentile{{99, 3}}}, {Problems: []string{"lost"}},
		}}}}},
		Soak: &Soak{Duration: time.Minute, Samples: []Sample{{At: time.Second, CPU: time.Millisecond}}},
	}
	if err := want.Write(folder); err != nil {
		t.Fatal(err)
	}
	got, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
}
