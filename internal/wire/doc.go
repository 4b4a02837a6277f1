// Package wire turns the bytes of one read into WebSocket messages and messages
// into frames: RFC 6455 as a server speaks it, over slices, without I/O,
// goroutines or timers.
//
// An event loop gives Next whatever a read brought, together with the
// connection's Assembly, and calls it until it reports that it needs more. A
// message that arrived in one piece is unmasked where it lies; only what a read
// cut short is copied, into an Assembly that exists for so long and no longer.
// A connection that is not in the middle of a message keeps nothing.
//
// No extension is negotiated here, so a frame with a reserved bit set is refused.
package wire
