//go:build !race

package protocol

import "testing"

// The race detector lets pools forget at random, so that these counts hold
// without it only.

func TestDecodeCommandAllocs(t *testing.T) {
	for _, text := range []string{
		`{"type":"ping","timestamp":17,"id":1}`,
		`{"type":"subscribe","channel":"quotes.AAPL","id":"a"}`,
	} {
		b := []byte(text)
		if n := testing.AllocsPerRun(1000, func() {
			if _, err := DecodeCommand(b); err != nil {
				t.Error(err)
			}
		}); n > 2 {
			t.Errorf("%s: %v allocations, want at most 2", text, n)
		}
	}
}

func TestAppendJSONAllocs(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, test := range goldens() {
		if n := testing.AllocsPerRun(100, func() { buf = test.message.AppendJSON(buf[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
	}
}

func TestCheckChannelAllocs(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if err := CheckChannel("quotes.AAPL"); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
