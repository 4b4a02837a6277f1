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
// Messages may be compressed by permessage-deflate, RFC 7692, each for itself:
// NegotiateDeflate answers a client's offer, a Deflater makes one frame that
// serves every connection that took it, and an Inflater, of which a goroutine
// needs only one, inflates what clients send, into its own memory. A connection
// keeps nothing for it.
package wire
