// Package client talks to an Outcry server: over WebSocket with a [Client],
// which subscribes, publishes and receives, and over the HTTP API with a
// [Publisher].
//
// A Client keeps itself connected. [Dial] makes the first connection and fails
// where that fails; afterwards a lost connection is replaced, with growing and
// random pauses, its channels are subscribed again, and [Options.OnState]
// hears of all of it. Only a refusal that would be repeated (a close code that
// says so, an HTTP status such as 401) ends a Client.
package client
