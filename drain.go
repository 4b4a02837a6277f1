package outcry

import (
	"context"
	"log/slog"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	drainPace  = 10 * time.Millisecond // the slowest even pace of closing
	drainSlack = 3 * time.Second       // beyond DrainTimeout, for the last queues
	drainPoll  = 20 * time.Millisecond
)

// drain moves every client away: no new ones are admitted, all are told to
// reconnect elsewhere, and the connections are closed with 4005 in even waves
// over DrainTimeout, each after its queue has been flushed. It blocks until
// all are gone, or DrainTimeout and a little more has passed.
func (n *Node) drain() {
	n.draining.Store(true)
	total := int(n.active.Load() + n.unauthenticated.Load())
	window := min(n.cfg.Timing.DrainTimeout, time.Duration(total)*drainPace*time.Duration(len(n.loops)))
	for _, l := range n.loops {
		l.inbox.post(func(l *loop) { l.drain(window) })
	}
	deadline := time.NewTimer(n.cfg.Timing.DrainTimeout + drainSlack)
	defer deadline.Stop()
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for n.connections() > 0 {
		select {
		case <-tick.C:
		case <-deadline.C:
			n.log.Warn("drain timeout; connections are cut", slog.Int("connections", n.connections()))
			return
		}
	}
}

// connections counts the Conns of all Loops, those that are closing included.
func (n *Node) connections() int {
	parts, err := ask(context.Background(), n, func(l *loop) int { return l.table.live })
	if err != nil {
		return 1 // a Loop that does not answer may have some
	}
	live := 0
	for _, p := range parts {
		live += p
	}
	return max(live, int(n.active.Load()+n.unauthenticated.Load())) // those still being upgraded included
}

// drain gives each Conn of the Loop its moment within the window.
func (l *loop) drain(window time.Duration) {
	conns := l.table.all()
	within := max(window, time.Second)
	for i, c := range conns {
		if c.state >= StateDisconnecting {
			continue
		}
		if c.state == StateConnected {
			c.reply(protocol.Reconnect{Within: within, Reason: "drain"})
		}
		if c.state >= StateDisconnecting {
			continue
		}
		c.flags |= flagDraining
		c.times.closing = mark(l.now + millis(int(window.Milliseconds())*i/len(conns)))
		l.wheel.set(c, l.now)
	}
}
