package netpoll

import "fmt"

// Driver selects what carries the bytes of a Poller's connections.
type Driver uint8

// The drivers. Auto carries plain TCP and Unix stream sockets by epoll where
// there is one, and everything else by goroutines. EpollOnly exists on Linux
// and refuses everything else.
const (
	Auto Driver = iota
	EpollOnly
	GoroutineOnly
)

// Options are the settings of a Poller; the zero value works.
type Options struct {
	// Unsent bounds the bytes of a TCP connection that the kernel holds and
	// has not yet sent (TCP_NOTSENT_LOWAT, Linux only), so that the backlog of
	// a slow peer stays with the Loop. 0 leaves the kernel's default.
	Unsent int
	Driver Driver
}

// New returns a Poller without connections. That of Auto holds no descriptor
// until its first plain connection, so that it works in a bubble of
// testing/synctest, where New must be called inside the bubble.
func New(opt Options) (Poller, error) {
	switch opt.Driver {
	case Auto:
		return newAuto(opt), nil
	case EpollOnly:
		return newEpoll(opt)
	case GoroutineOnly:
		return NewStreams(opt), nil
	}
	return nil, fmt.Errorf("unknown driver %d", opt.Driver)
}
