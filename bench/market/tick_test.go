package market

import (
	"testing"

	"github.com/go-json-experiment/json"
)

func TestTick(t *testing.T) {
	for _, size := range []int{0, 256, 257, 266, 1024, 8000} {
		tick, err := NewTick("quotes.AAPL", size)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		for _, want := range []Stamp{{1, 0}, {4_000_000, 123_456_789_012}} {
			b := tick.Write(want.N, want.At)
			if size != 0 && len(b) != size {
				t.Errorf("size %d: got %d", size, len(b))
			}
			var object struct {
				Type    string `json:"type"`
				Channel string `json:"channel"`
			}
			if err := json.Unmarshal(b, &object); err != nil || object.Type != "quote" || object.Channel != "quotes.AAPL" {
				t.Errorf("size %d: got %+v, error %v", size, object, err)
			}
			got, rest, ok := Next(b)
			if !ok || got != want || string(rest) != "}" {
				t.Errorf("size %d: got %+v, rest %q, %v, want %+v", size, got, rest, ok, want)
			}
		}
	}
	if _, err := NewTick("quotes.AAPL", 100); err == nil {
		t.Error("no error for a size that holds nothing")
	}
}

func TestTickAllocates(t *testing.T) {
	tick, err := NewTick("quotes.AAPL", 1024)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { tick.Write(7, 8) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestNext(t *testing.T) {
	const two = `[{"n":1000000001,"at":1000000000000000005},{"n":1000000002,"at":1000000000000000006}]`
	if !Marked([]byte(two)) {
		t.Error("publications are not seen")
	}
	var got []Stamp
	for s, rest, ok := Next([]byte(two)); ok; s, rest, ok = Next(rest) {
		got = append(got, s)
	}
	if len(got) != 2 || got[0] != (Stamp{1, 5}) || got[1] != (Stamp{2, 6}) {
		t.Errorf("got %v", got)
	}
	for _, text := range []string{"", `{"type":"pong"}`, `"n":1`, `"n":1000000001,"as":1000000000000000005`, `"n":1x00000001,"at":1000000000000000005`} {
		if s, _, ok := Next([]byte(text)); ok {
			t.Errorf("%q: got %v", text, s)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte(`{"n":1000000001,"at":1000000000000000005}`))
	f.Add([]byte(`"n":1"n":1`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, rest, ok := Next(b); ok && len(rest) > len(b)-stampLength {
			t.Errorf("%d bytes are left of %d", len(rest), len(b))
		}
	})
}
