//go:build !race

package conformance

const (
	slowness = 1
	shadow   = 1
)
