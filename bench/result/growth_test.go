package result

import (
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	samples := func(grow func(i int, s *Sample)) (all []Sample) {
		for i := range 90 {
			s := Sample{At: time.Duration(i) * time.Second, Resident: 200 << 20, Heap: 50 << 20, Descriptors: 15_000, Goroutines: 20}
			s.Heap += int64(i%7) << 20 // as it goes between collections
			grow(i, &s)
			all = append(all, s)
		}
		return all
	}
	cases := []struct {
		name    string
		samples []Sample
		want    int
	}{
		{"flat", samples(func(int, *Sample) {}), 0},
		{"memory", samples(func(i int, s *Sample) { s.Resident += int64(i) << 19 }), 1},
		{"descriptors and goroutines", samples(func(i int, s *Sample) { s.Descriptors += 10 * i; s.Goroutines += i }), 2},
		{"shrinks", samples(func(i int, s *Sample) { s.Resident -= int64(i) << 20 }), 0},
		{"too short", samples(func(int, *Sample) {})[:2], 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Growth(c.samples); len(got) != c.want {
				t.Errorf("got %q, want %d", got, c.want)
			}
		})
	}
}
