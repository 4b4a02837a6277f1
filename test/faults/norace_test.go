//go:build !race

package faults

// raceFlags has the server built like the test.
const raceFlags = "-race=false"
