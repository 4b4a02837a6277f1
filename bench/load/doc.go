// Package load is the crowd of clients. One goroutine drives all of them over
// one epoll descriptor, so that on a small machine the clients leave as much of
// the processor to the server as they can.
package load
