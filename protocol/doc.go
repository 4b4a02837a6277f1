// Package protocol is the wire protocol of Outcry: one JSON object per text
// message, in both directions. It does no I/O and keeps no state.
//
// A client's message is read by [DecodeCommand]; the method of [Command] named
// after the message type returns its fields, checked. Every server message is
// a type with a method AppendJSON. [AppendPublication], [AppendDirect] and
// [AppendReply] complete objects that others have written.
//
// The close and error codes come from one table, which also yields
// docs/codes.md and the TypeScript constants. The protocol is described for
// users in docs/protocol.md.
package protocol

//go:generate go run ./internal/gencodes ..
