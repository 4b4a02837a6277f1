package outcry

import (
	"context"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// probeWait is how long the holder of a client id has to show that it lives.
const probeWait = 2 * time.Second

// errIDInUse is the answer to a client id that somebody else holds.
var errIDInUse = &Error{Code: protocol.CodeClientIDInUse, Message: "this client id is connected already; connect to /ws for a fresh id"}

// claim enters c under a client id. A holder that is the same client is
// replaced; another one is pinged and, if it is dead, dropped. It blocks for at
// most probeWait and must not be called on a Loop.
func (n *Node) claim(ctx context.Context, c *conn, who *session, secret string) error {
	for range maxEvictions {
		holder := n.ids.reserve(who.clientID, c)
		if holder == nil {
			return nil
		}
		free, err := n.evict(ctx, holder, who.userID(), secret)
		if err != nil {
			return err
		}
		if !free {
			return errIDInUse
		}
	}
	if n.ids.reserve(who.clientID, c) == nil {
		return nil
	}
	return errIDInUse
}

const (
	// maxEvictions bounds how often a newcomer frees an id that another takes
	// before it.
	maxEvictions = 2
	// provenAlive is for how long, in ms, a client that was heard need not
	// prove itself again: strangers cannot have it pinged at their pace.
	provenAlive = 1000
)

// evict frees the holder's client id if that is due to a newcomer.
func (n *Node) evict(ctx context.Context, holder *conn, userID, secret string) (bool, error) {
	type verdict struct {
		free  bool
		heard <-chan struct{} // set where the holder has to prove itself
	}
	v, err := askOne(ctx, holder, func() verdict {
		switch {
		case holder.state >= StateDisconnecting:
			return verdict{free: true}
		case !holder.admitted():
			return verdict{}
		case holder.who.sameClient(userID, secret):
			holder.close(protocol.CloseReplaced, "replaced by a new connection")
			return verdict{free: true}
		case holder.flags.has(flagPaused), int32(holder.loop.now-holder.times.received) < provenAlive:
			return verdict{}
		}
		return verdict{heard: holder.probe()}
	})
	if err != nil || v.heard == nil {
		return v.free, err
	}
	timer := time.NewTimer(probeWait)
	defer timer.Stop()
	select {
	case <-v.heard:
		return askOne(ctx, holder, func() bool { return holder.state >= StateDisconnecting })
	case <-timer.C:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return askOne(ctx, holder, func() bool { return holder.dropIfSilent(v.heard) })
}

// probe pings c and returns a channel that is closed when c is heard.
func (c *conn) probe() <-chan struct{} {
	w := c.needWork()
	if w.probe == nil {
		w.probe = make(chan struct{})
		c.ping()
		c.loop.wheel.soonest(c, c.loop.now)
	}
	return w.probe
}

// dropIfSilent cuts c off if it has not been heard since the probe that
// returned heard; somebody else's later probe is not ours to judge. While we do
// not read c it cannot be heard.
func (c *conn) dropIfSilent(heard <-chan struct{}) bool {
	if c.state >= StateDisconnecting {
		return true
	}
	if c.work == nil || c.work.probe != heard || c.flags.has(flagPaused) {
		return false
	}
	c.loop.count.errors++
	c.abandon(protocol.ClosePingTimeout)
	return true
}
