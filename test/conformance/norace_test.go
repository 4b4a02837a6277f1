//go:build !race

package conformance

const (
	// raceFlags has the server built like the test.
	raceFlags = "-race=false"
	slowness  = 1
	shadow    = 1
)
