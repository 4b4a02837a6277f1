package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recording is a Source of ticks at the given seconds.
type recording struct {
	seconds []float64
	next    int
	waits   bool // not Ready
	rewinds int
}

func (r *recording) Next() (Tick, error) {
	if r.next == len(r.seconds) {
		return Tick{}, io.EOF
	}
	at := time.Unix(0, int64(r.seconds[r.next]*1e9))
	r.next++
	return Tick{Time: at, Line: r.next, Object: []byte(`{}`)}, nil
}

func (r *recording) Ready() bool { return !r.waits }

func (r *recording) Rewind() error {
	r.next = 0
	r.rewinds++
	return nil
}

// audience notes when the lines of each batch arrived: "1.5s: 2 3".
type audience struct {
	start   time.Time
	batches []string
	slow    time.Duration // how long a batch takes
	refuse  func(Tick) error
	err     error
}

func (a *audience) publish(_ context.Context, batch []Tick) ([]error, error) {
	var lines strings.Builder
	refusals := make([]error, len(batch))
	for i, t := range batch {
		fmt.Fprintf(&lines, " %d", t.Line)
		if a.refuse != nil {
			refusals[i] = a.refuse(t)
		}
	}
	a.batches = append(a.batches, fmt.Sprintf("%v:%s", time.Since(a.start), lines.String()))
	time.Sleep(a.slow)
	return refusals, a.err
}

type playerTest struct {
	name    string
	player  Player
	src     recording
	slow    time.Duration
	want    []string
	summary Summary
}

func (tt playerTest) run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := audience{start: time.Now(), slow: tt.slow}
		p := tt.player
		p.Publish = a.publish
		got, err := p.Run(t.Context(), &tt.src)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, a.batches); diff != "" {
			t.Errorf("batches -want +got:\n%s", diff)
		}
		if diff := cmp.Diff(tt.summary, got); diff != "" {
			t.Errorf("summary -want +got:\n%s", diff)
		}
	})
}

func TestPlayerPaces(t *testing.T) {
	tests := []playerTest{
		{
			"as recorded",
			Player{Speed: 1},
			recording{seconds: []float64{100, 100, 101.5, 103}},
			0,
			[]string{"0s: 1 2", "1.5s: 3", "3s: 4"},
			Summary{Published: 4, Passes: 1, Elapsed: 3 * time.Second},
		},
		{
			"sixty times faster",
			Player{Speed: 60},
			recording{seconds: []float64{0, 60, 60.06, 3600}},
			0,
			[]string{"0s: 1", "1s: 2 3", "1m0s: 4"},
			Summary{Published: 4, Passes: 1, Elapsed: time.Minute},
		},
		{
			"slower",
			Player{Speed: 0.5},
			recording{seconds: []float64{0, 1}},
			0,
			[]string{"0s: 1", "2s: 2"},
			Summary{Published: 2, Passes: 1, Elapsed: 2 * time.Second},
		},
		{
			"never backwards, never stalled",
			Player{Speed: 1},
			recording{seconds: []float64{10, 12, 1, 11, 13}},
			0,
			[]string{"0s: 1", "2s: 2 3 4", "3s: 5"},
			Summary{Published: 5, Passes: 1, Late: 2, Elapsed: 3 * time.Second},
		},
		{
			"long pauses are cut",
			Player{Speed: 1, MaxWait: time.Second},
			recording{seconds: []float64{0, 1, 3600, 3600.5, 9e9}},
			0,
			[]string{"0s: 1", "1s: 2", "2s: 3", "2.5s: 4", "3.5s: 5"},
			Summary{Published: 5, Passes: 1, Cut: 2, Elapsed: 3500 * time.Millisecond},
		},
		{
			"a slow server is caught up with",
			Player{Speed: 1},
			recording{seconds: []float64{0, 1, 2, 3, 10}},
			2500 * time.Millisecond,
			[]string{"0s: 1", "2.5s: 2 3", "5s: 4", "10s: 5"},
			Summary{Published: 5, Passes: 1, Lag: 2 * time.Second, Elapsed: 12500 * time.Millisecond},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestPlayerWithoutClock(t *testing.T) {
	tests := []playerTest{
		{
			"as fast as possible",
			Player{},
			recording{seconds: []float64{0, 1e6, 5, 2e6}},
			0,
			[]string{"0s: 1 2 3 4"},
			Summary{Published: 4, Passes: 1, Late: 1},
		},
		{
			"limit",
			Player{Speed: 1, Limit: 2},
			recording{seconds: []float64{0, 1, 2}},
			0,
			[]string{"0s: 1", "1s: 2"},
			Summary{Published: 2, Elapsed: time.Second},
		},
		{
			"loop up to the limit",
			Player{Speed: 2, Limit: 5, Loop: true},
			recording{seconds: []float64{0, 2, 6}},
			0,
			[]string{"0s: 1", "1s: 2", "3s: 3", "4.5s: 1", "5.5s: 2"},
			Summary{Published: 5, Passes: 1, Elapsed: 5500 * time.Millisecond},
		},
		{
			"a moment looped",
			Player{Speed: 1, Limit: 3, Loop: true},
			recording{seconds: []float64{7}},
			0,
			[]string{"0s: 1", "1s: 1", "2s: 1"},
			Summary{Published: 3, Passes: 2, Elapsed: 2 * time.Second},
		},
		{
			"nothing waits for input",
			Player{},
			recording{seconds: []float64{0, 0}, waits: true},
			0,
			[]string{"0s: 1", "0s: 2"},
			Summary{Published: 2, Passes: 1},
		},
		{
			"nothing at all",
			Player{Loop: true},
			recording{},
			0,
			nil,
			Summary{Passes: 1},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestPlayerBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		p := Player{Speed: 1, Publish: func(_ context.Context, batch []Tick) ([]error, error) {
			sizes = append(sizes, len(batch))
			return nil, nil
		}}
		src := recording{seconds: make([]float64, 2*maxBatch+1)}
		if got, err := p.Run(t.Context(), &src); err != nil || got.Published != 2*maxBatch+1 {
			t.Errorf("%+v, %v", got, err)
		}
		if diff := cmp.Diff([]int{maxBatch, maxBatch, 1}, sizes); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestPlayerReportsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := errors.New("odd")
		a := audience{refuse: func(t Tick) error {
			if t.Line%2 == 1 {
				return odd
			}
			return nil
		}}
		var refused []int
		var progress []int
		p := Player{
			Speed:      1,
			Publish:    a.publish,
			OnReject:   func(t Tick, err error) { refused = append(refused, t.Line) },
			OnProgress: func(s Summary) { progress = append(progress, s.Published) },
		}
		got, err := p.Run(t.Context(), &recording{seconds: []float64{0, 1, 1}})
		if err != nil || got.Published != 1 || got.Rejected != 2 || got.Rate() != 1 {
			t.Errorf("%+v, rate %v, %v", got, got.Rate(), err)
		}
		if diff := cmp.Diff([]int{1, 3}, refused); diff != "" {
			t.Errorf("refused -want +got:\n%s", diff)
		}
		if diff := cmp.Diff([]int{0, 1}, progress); diff != "" {
			t.Errorf("progress -want +got:\n%s", diff)
		}
	})
}

func TestPlayerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		a := audience{start: time.Now()}
		p := Player{Speed: 1, Publish: a.publish, Loop: true}
		got, err := p.Run(ctx, &recording{seconds: []float64{0, 3600}})
		if !errors.Is(err, context.DeadlineExceeded) || got.Published != 1 || got.Elapsed != 90*time.Second {
			t.Errorf("while waiting: %+v, %v", got, err)
		}

		a.err = errors.New("server gone")
		if _, err := p.Run(t.Context(), &recording{seconds: []float64{0, 1}}); !errors.Is(err, a.err) {
			t.Errorf("publish failed: %v", err)
		}
		a.err, a.refuse = nil, func(Tick) error { return errors.New("no") }
		if got, err := p.Run(t.Context(), &recording{seconds: []float64{0, 1}}); err != nil || got.Passes != 1 {
			t.Errorf("a pass that published nothing repeats: %+v, %v", got, err)
		}
	})
}

func TestParseSpeed(t *testing.T) {
	for in, want := range map[string]float64{"1": 1, "60x": 60, "60X": 60, "0.5": 0.5, "max": 0, "MAX": 0, "0": 0} {
		if got, err := ParseSpeed(in); err != nil || got != want {
			t.Errorf("ParseSpeed(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "-1", "NaN", "inf", "1e-9", "fast", "60xx"} {
		if got, err := ParseSpeed(in); err == nil {
			t.Errorf("ParseSpeed(%q) = %v, want an error", in, got)
		}
	}
}
