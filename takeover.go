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
	for range 2 {
		holder := n.ids.reserve(who.clientID, c)
		if holder == nil {
			return nil
		}
		free, err := n.evict(ctx, holder, who.userID, secret)
		if err != nil {
			return err
		}
		if !free {
			return errIDInUse
		}
	}
	return errIDInUse
}

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
	case <-timer.C:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return askOne(ctx, holder, func() bool { return holder.dropIfSilent() })
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

// dropIfSilent cuts c off if it has not been heard since probe.
func (c *conn) dropIfSilent() bool {
	if c.state >= StateDisconnecting {
		return true
	}
	if c.work == nil || c.work.probe == nil || c.flags.has(flagPaused) { // we do not read it, so it cannot be heard
		return false
	}
	c.loop.count.errors++
	c.abandon(protocol.ClosePingTimeout)
	return true
}
