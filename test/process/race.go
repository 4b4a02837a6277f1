//go:build race

package process

// raceFlag has the server built like the test.
const raceFlag = "-race"
