package outcry

// Flush windows. A message that comes to a Conn leaves at once unless something
// left within the window before it. Otherwise it waits for one window, from
// when it is queued, and all that follows meanwhile leaves with it: of a steady
// stream each send takes along what comes in the window and one interval.
// Replies never wait.

// held is a Conn that waits for the end of its window.
type held struct {
	c     *conn
	until uint32 // µs since the node started
}

// windowEnd is the end of a window that begins now. Zero means never.
func (l *loop) windowEnd() uint32 { return max(1, l.nowMicros+l.node.limits.flushWindow) }

// inWindow reports whether what comes for c now has to wait. The clock of
// microseconds wraps after 71 minutes, so that an end far ahead is one long past.
func (c *conn) inWindow() bool {
	if c.flags.has(flagWaiting) {
		return true
	}
	ahead := int32(c.times.window - c.loop.nowMicros)
	return c.times.window != 0 && ahead > 0 && ahead <= int32(c.loop.node.limits.flushWindow)
}

// hold puts c aside until the window that begins with its first message ends.
func (l *loop) hold(c *conn) {
	if c.flags.has(flagWaiting) {
		return
	}
	c.flags |= flagWaiting
	c.times.window = l.windowEnd()
	l.waiting.push(held{c, c.times.window})
}

// releaseWaiting marks those dirty whose window has ended. One that a reply had
// flushed meanwhile waits no more, or for another end.
func (l *loop) releaseWaiting() {
	for l.waiting.len() > 0 && int32(l.waiting.first().until-l.nowMicros) <= 0 {
		h := l.waiting.pop()
		if h.c.flags.has(flagWaiting) && h.c.times.window == h.until {
			h.c.flags &^= flagWaiting
			l.markDirty(h.c)
		}
	}
}
