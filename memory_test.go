//go:build !race

package outcry

import "testing"

// An idle connection with an identity, two metadata entries, its user's channel
// and one more costs about a kilobyte (the race detector makes it more).
func TestBytesPerConn(t *testing.T) {
	for name, tt := range map[string]struct {
		own  bool
		most float64
	}{"shared channel": {false, 1000}, "own channel": {true, 1200}} {
		if got := bytesPerConn(t, 20_000, tt.own); got > tt.most {
			t.Errorf("%s: %.0f bytes for a connection, want at most %.0f", name, got, tt.most)
		} else {
			t.Logf("%s: %.0f bytes for a connection", name, got)
		}
	}
}
