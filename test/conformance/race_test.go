//go:build race

package conformance

const (
	// slowness is how much less is sent, for the race detector is slow.
	slowness = 4
	// shadow is how much more memory the server takes: the race detector keeps
	// record of every word.
	shadow = 4
)
