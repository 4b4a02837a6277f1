// Package faults attacks the real server from outside: thousands of sockets
// that dawdle, vanish, stop reading, flood it with names or leave in the middle
// of a frame. Each test makes sure that its fault has really hit, and then that
// the server has settled: the process lives, its gauges, goroutines,
// descriptors and heap are back where they were, a client that was connected
// all along missed nothing, and the log tells no secret.
//
// Server and test need some 6,000 descriptors each. All traffic stays on
// 127.0.0.0/8.
package faults
