// Package conformance drives the echo of "outcry debug echo" over raw TCP, as
// RFC 6455 and RFC 7692 say a client may and as they say it must not, and checks
// every byte that comes back. It covers case 12: the groups of the Autobahn test
// suite, whose numbers the tests bear, over each driver, with and without
// permessage-deflate; and what else a transport must endure, cases 6, 13 to 18
// and 20 to 24.
//
// The client is written from the two documents and the standard library alone.
// It shares nothing with the server, so that a mistake in the one is not
// excused by the same mistake in the other.
//
// After each group the server must be as it was before: alive, serving, and
// with no more descriptors and no more heap. All traffic stays on 127.0.0.1.
package conformance
