// Package clients tests the service with clients that others wrote: wscat and
// ws from npm, websockets for Python, Chromium on the service's own page, and
// coder/websocket for Go. Each goes through the same nine scenarios against the
// real binary, fed with real prices that `outcry replay` publishes; and those
// that can, through the ways in which messages travel: compressed or not, one
// by one or in arrays.
//
// A client in another language is a program that is started with four
// arguments: the service's address, a name for its client ids, the channel of
// the ticks, and how many ticks there are. It prints one JSON object per line:
//
//	{"scenario":"ping"}                     the scenario passed
//	{"scenario":"ping","error":"…"}         it failed, and the program ends
//	{"scenario":"broadcasts","prices":[…]}  it passed, and this was received
//	{"want":"ticks"}                        asks for the replay of the price file
//	{"want":"publish","channel","message"}  asks for one publication
//	{"want":"burst","channel","count"}      asks for many at once, numbered from 0
//
// `make test` installs what the tests need.
package clients
