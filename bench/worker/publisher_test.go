package worker

import (
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/market"
)

// notebook is a hub that notes down what is published.
type notebook struct {
	channels []string
	stamps   []market.Stamp
	limit    int // more is an error; 0: none
}

var _ hub.Hub = (*notebook)(nil)

func (*notebook) Serve(net.Listener) error { return nil }
func (*notebook) Close() error             { return nil }

func (n *notebook) Publish(channel string, payload []byte) error {
	if n.limit > 0 && len(n.stamps) >= n.limit {
		return errors.New("full")
	}
	s, _, _ := market.Next(payload)
	n.channels, n.stamps = append(n.channels, channel), append(n.stamps, s)
	return nil
}

func publishTo(t *testing.T, n *notebook, plans ...Plan) (Published, error) {
	t.Helper()
	p, err := newPublisher(n)
	if err != nil {
		t.Fatal(err)
	}
	var done Published
	for i := range plans {
		if done, err = p.publish(&plans[i]); err != nil {
			return done, err
		}
	}
	return done, nil
}

func TestPublishNumbers(t *testing.T) {
	var n notebook
	one := Plan{Channel: "a", Count: 3, Rate: 10_000}
	if _, err := publishTo(t, &n, one, one, Plan{Channel: "b", Channels: 2, Count: 3, Rate: 10_000}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "a", "a", "a", "a", "a", "b.0", "b.1", "b.0"}; !slices.Equal(n.channels, want) {
		t.Errorf("channels %v, want %v", n.channels, want)
	}
	var numbers []uint32
	for _, s := range n.stamps {
		numbers = append(numbers, s.N)
	}
	if want := []uint32{1, 2, 3, 4, 5, 6, 1, 1, 2}; !slices.Equal(numbers, want) {
		t.Errorf("numbers %v, want %v", numbers, want)
	}
}

// The moments of publications are never early, and on average as the rate says.
func TestPublishKeepsTheRate(t *testing.T) {
	for _, arrival := range []Arrival{Steady, Poisson} {
		t.Run(string(arrival), func(t *testing.T) {
			var n notebook
			const count, rate = 400, 2000
			done, err := publishTo(t, &n, Plan{Channel: "a", Count: count, Rate: rate, Arrival: arrival})
			if err != nil {
				t.Fatal(err)
			}
			want := time.Duration(count) * time.Second / rate
			if done.Count != count || done.Elapsed < want*8/10 || done.Elapsed > want*12/10+done.Late+time.Second {
				t.Errorf("got %+v, want about %v", done, want)
			}
			for i, s := range n.stamps[1:] {
				if s.At < n.stamps[i].At {
					t.Fatalf("publication %d before the one before it", i+2)
				}
			}
		})
	}
}

func TestPublishFails(t *testing.T) {
	cases := []struct {
		name string
		plan Plan
		hub  notebook
	}{
		{"no rate", Plan{Channel: "a", Count: 1}, notebook{}},
		{"arrival", Plan{Channel: "a", Count: 1, Rate: 1, Arrival: "never"}, notebook{}},
		{"size", Plan{Channel: "a", Count: 1, Rate: 1, Size: 9}, notebook{}},
		{"hub", Plan{Channel: "a", Count: 5, Rate: 10_000}, notebook{limit: 2}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if done, err := publishTo(t, &c.hub, c.plan); err == nil {
				t.Errorf("no error, but %+v", done)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, d := range []Detail{DetailCPU, DetailAllocs, DetailMemory, DetailSettled} {
		u, err := usage(d)
		if err != nil {
			t.Fatal(err)
		}
		if u.CPU <= 0 || (u.Mallocs > 0) != (d != DetailCPU) || (u.Resident > 1<<20 && u.Descriptors > 2) != (d == DetailMemory || d == DetailSettled) {
			t.Errorf("%s: %+v", d, u)
		}
	}
}
