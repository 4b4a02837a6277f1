package outcry

import (
	"time"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// Warning and grace around the expiry of a token, in ms.
const (
	expiryWarning = 60_000
	expiryGrace   = 10_000
)

// limits are the Timing settings in the units of the wheel; 0 means off.
type limits struct {
	ping, pingTimeout, heartbeat, idle millis
	auth, message, writeTimeout, drain millis
	flushWindow                        uint32 // µs
}

func newLimits(t Timing) limits {
	ms := func(d time.Duration) millis { return millis(max(0, d.Milliseconds())) }
	return limits{
		ping: ms(t.PingInterval), pingTimeout: ms(t.PingTimeout), heartbeat: ms(t.HeartbeatInterval),
		idle: ms(t.ConnectionTimeout), auth: ms(t.AuthTimeout), message: ms(t.MessageTimeout),
		writeTimeout: ms(t.WriteTimeout), drain: ms(t.DrainTimeout), flushWindow: uint32(max(0, t.FlushWindow.Microseconds())),
	}
}

// alarm collects the earliest of several deadlines.
type alarm struct {
	now  millis
	next millis
	set  bool
}

// due reports whether at has come; if not, the alarm is set for it.
func (a *alarm) due(at millis) bool {
	if !a.now.before(at) {
		return true
	}
	if !a.set || at.before(a.next) {
		a.next, a.set = at, true
	}
	return false
}

// onTimer does what time alone demands of c and sets the next deadline.
func (c *conn) onTimer() {
	a := &alarm{now: c.loop.now}
	switch c.state {
	case StateConnecting:
		if c.checkCommon(a) {
			c.checkLogin(a)
		}
	case StateConnected:
		if c.checkCommon(a) && c.checkPeer(a) && c.checkToken(a) {
			c.beat(a)
		}
	case StateDisconnecting:
		if a.due(c.times.closing) && !c.stillFlushing() {
			c.abandon(protocol.CloseAbnormal)
		}
	case StateDisconnected:
		return
	}
	if c.state == StateDisconnecting {
		c.loop.wheel.soonest(c, c.times.closing)
	} else if a.set && c.state != StateDisconnected {
		c.loop.wheel.soonest(c, a.next)
	}
}

// checkCommon checks the deadlines of messages and writes, and the drain. False means that
// c is being closed.
func (c *conn) checkCommon(a *alarm) bool {
	lim := &c.loop.node.limits
	switch {
	case c.times.message != 0 && !c.flags.has(flagPaused) && a.due(c.times.message+lim.message):
		c.close(protocol.ClosePolicy, "message took too long")
	case c.out != nil && c.out.blocked != 0 && a.due(c.out.blocked+lim.writeTimeout):
		c.close(protocol.CloseSlowConsumer, "nothing was read for too long")
	case c.flags.has(flagDraining) && a.due(c.times.closing):
		c.closeAfterFlush(protocol.CloseDraining, "node is shutting down")
	default:
		return c.checkQueue(a)
	}
	return false
}

// A login that is under way at its deadline, in ms: how often it is looked at,
// and what it may take beyond the time of the Authenticator, for a hook and for
// the present holder of its client id.
const (
	loginRecheck = 1000
	loginSlack   = 10_000
)

// checkLogin closes a client that has not logged in. One whose token is being
// checked has sent it in time.
func (c *conn) checkLogin(a *alarm) {
	auth := c.loop.node.limits.auth
	switch {
	case c.work != nil && c.work.busy() && a.now.before(c.times.connected+2*auth+loginSlack):
		a.due(a.now + loginRecheck)
	case a.due(c.times.connected + auth):
		c.close(protocol.CloseAuthTimeout, "no login in time")
	}
}

// checkPeer pings a silent client and closes a dead one. While input is
// paused by us the client cannot be blamed for silence.
func (c *conn) checkPeer(a *alarm) bool {
	if c.flags.has(flagPaused) {
		return true
	}
	lim := &c.loop.node.limits
	pings := lim.ping != 0
	if c.times.pinged != 0 {
		if a.due(c.times.pinged + lim.pingTimeout) {
			c.close(protocol.ClosePingTimeout, "ping_timeout")
			return false
		}
	} else if pings && a.due(c.times.received+lim.ping-c.jitter(lim.ping)) {
		c.ping()
		a.due(c.times.pinged + lim.pingTimeout)
	}
	if (!pings || lim.ping > lim.idle) && a.due(c.times.received+lim.idle) {
		c.close(protocol.CloseIdleTimeout, "idle_timeout")
		return false
	}
	return true
}

// ping sends a ping frame.
func (c *conn) ping() {
	c.times.pinged = mark(c.loop.now)
	c.flags |= flagPinged
	c.sendControl(wire.AppendFrame(nil, wire.OpPing, nil))
}

// checkToken warns before the token expires and closes afterwards.
func (c *conn) checkToken(a *alarm) bool {
	if c.who.expires == 0 {
		return true
	}
	left := c.who.expires - c.loop.wall.Sub(c.loop.node.start).Milliseconds()
	if left > 1<<30 {
		a.due(c.loop.now + 1<<30)
		return true
	}
	at := c.loop.now + millis(int32(left))
	if !c.flags.has(flagWarned) && a.due(at-c.who.warning) {
		c.flags |= flagWarned
		c.reply(protocol.TokenExpiring{ExpiresAt: c.who.identity().ExpiresAt})
	}
	if a.due(at + expiryGrace) {
		c.close(protocol.CloseTokenExpired, "token_expired")
		return false
	}
	return true
}

// beat sends the heartbeat. It is encoded once per tick and shared.
func (c *conn) beat(a *alarm) {
	if c.times.heartbeat == 0 {
		return
	}
	l := c.loop
	if a.due(c.times.heartbeat) {
		if l.beat == nil || l.beatAt != l.now {
			l.beat = encodeFrame(protocol.Heartbeat{Timestamp: l.wall})
			l.beatAt = l.now
		}
		if c.out == nil || c.out.blocked == 0 { // one who does not read has news waiting already
			c.publish(entry{frame: l.beat}, laneNormal, OverflowGap)
		}
		next := c.times.heartbeat + l.node.limits.heartbeat // not from now: lateness would add up
		if next.before(l.now) {
			next = l.now + l.node.limits.heartbeat
		}
		c.times.heartbeat = mark(next)
		if c.state == StateConnected {
			a.due(c.times.heartbeat)
		}
	}
}
