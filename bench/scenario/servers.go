package scenario

import "context"

// Servers that scenarios name. The goroutine transport is what Outcry uses for
// TLS and beside Linux.
const (
	outcry            = "outcry"
	outcryGoroutine   = "outcry-goroutine"
	floor             = "floor"
	gobwas            = "gobwas"
	gobwasHTTP        = "gobwas-http"
	gorilla           = "gorilla"
	gws               = "gws"
	coder             = "coder"
	centrifuge        = "centrifuge"
	centrifugeBatched = "centrifuge-batched"
)

// everyone is all servers but the floor.
var everyone = []string{outcry, outcryGoroutine, gobwas, gorilla, gws, coder, centrifuge}

// legs are servers under the same load.
func legs(load string, servers []string, measure func(context.Context, *Site) (Figures, error)) []Leg {
	var all []Leg
	for _, name := range servers {
		all = append(all, Leg{Name: name + "/" + load, Server: name, Measure: measure})
	}
	return all
}

// lines are the same figure of those servers.
func lines(load, figure string, servers []string) []Line {
	var all []Line
	for _, name := range servers {
		all = append(all, Line{Name: name, Leg: name + "/" + load, Figure: figure})
	}
	return all
}
