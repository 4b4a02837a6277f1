package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSequence(t *testing.T) {
	cases := []struct {
		name string
		from uint32
		sees []uint32
		want Count
		last uint32
	}{
		{"nothing", 1, nil, Count{}, 0},
		{"in order", 1, []uint32{1, 2, 3}, Count{Received: 3}, 3},
		{"any begin", 0, []uint32{41, 42}, Count{Received: 2}, 42},
		{"the first is lost", 1, []uint32{2}, Count{Received: 1, Lost: 1}, 2},
		{"some are lost", 1, []uint32{1, 5, 6}, Count{Received: 3, Lost: 3}, 6},
		{"twice", 1, []uint32{1, 2, 2, 3}, Count{Received: 4, Doubled: 1}, 3},
		{"late", 1, []uint32{1, 3, 2, 4}, Count{Received: 4, Lost: 1, Disordered: 1}, 4},
		{"started anew", 1, []uint32{1, 2, 3, 1}, Count{Received: 4, Disordered: 1}, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s Sequence
			s.From(c.from)
			var got Count
			for _, n := range c.sees {
				s.See(n, &got)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("count (-want +got):\n%s", d)
			}
			if s.Last() != c.last {
				t.Errorf("last %d, want %d", s.Last(), c.last)
			}
			if wrong := c.want.Lost+c.want.Doubled+c.want.Disordered > 0; wrong != (len(got.Problems()) > 0) {
				t.Errorf("problems %v", got.Problems())
			}
		})
	}
}
