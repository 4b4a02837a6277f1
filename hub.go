package outcry

import (
	"slices"
	"strings"
)

// Internal channels: sending to everybody, a user or a group is a publication
// to one of them. Clients can neither name nor subscribe to them.
const (
	channelAll  = "@all"
	prefixUser  = "@user:"
	prefixGroup = "@group:"
)

func internal(channel string) bool { return strings.HasPrefix(channel, "@") }

// topic is one channel or pattern on one Loop, with those who are subscribed.
// Owned by its Loop; it exists while it has members or subscriptions that are
// joining. There are very many, so that what few need is in the hub's maps.
type topic struct {
	name    string
	rule    *Rule
	members []member
}

// recordsPresence reports whether who is subscribed is recorded.
func (t *topic) recordsPresence() bool { return t.rule.Presence && !internal(t.name) }

// member is a live subscription seen from its topic.
type member struct {
	c   *conn
	pos uint32 // index in c.subs
}

// subscription is one Conn on one channel or pattern. It goes from joining to
// live to gone; results that come late are told apart by the generation.
type subscription struct {
	topic *topic
	pos   uint32 // index in topic.members; notLive while joining
	gen   uint32
}

const notLive = ^uint32(0)

// hub is the Loop's table of topics.
type hub struct {
	topics   map[string]*topic
	peak     int                 // of topics: see remove
	joiners  map[*topic][]joiner // who waits for the broker
	awaited  map[*topic]struct{} // those the broker has not confirmed
	joining  map[*topic]int      // subscriptions that are not live yet
	patterns patternTree
	lastGen  uint32
}

// find returns the index of c's subscription to a channel, or -1.
func (c *conn) find(name string) int {
	t := c.loop.hub.topics[name]
	if t == nil {
		return -1
	}
	return c.on(t)
}

// on returns the index of c's subscription to t, or -1. It must not take long
// for a client with a thousand channels: a Loop handles many commands in one
// turn.
func (c *conn) on(t *topic) int {
	if c.loop.hub.joining[t] == 0 && len(t.members) < len(c.subs) {
		for _, m := range t.members {
			if m.c == c {
				return int(m.pos)
			}
		}
		return -1
	}
	for i := range c.subs {
		if c.subs[i].topic == t {
			return i
		}
	}
	return -1
}

// topicFor returns the topic of name, making it, its place in the pattern tree
// and the Loop's interest if it is new.
func (l *loop) topicFor(name string, pattern bool) *topic {
	t := l.hub.topics[name]
	if t != nil {
		return t
	}
	if !internal(name) { // those are the server's own strings
		name = strings.Clone(name)
	}
	t = &topic{name: name, rule: l.node.rules.find(name)}
	l.hub.topics[name] = t
	switch {
	case pattern:
		l.hub.patterns.add(t) // patterns hear what this node's broker delivers
		l.node.interest.addPattern(l.index)
	case internal(name):
		l.node.interest.add(name, l.index)
	default:
		l.node.interest.add(name, l.index)
		l.join(t)
	}
	return t
}

// join asks the broker for t's publications. If that panics t is undone, so
// that the next subscriber tries again.
func (l *loop) join(t *topic) {
	asked := false
	defer func() {
		if !asked {
			l.hub.topics = remove(l.hub.topics, t.name, &l.hub.peak)
			l.node.interest.remove(t.name, l.index)
		}
	}()
	if !l.node.cfg.Broker.Join(t.name, func(err error) {
		l.inbox.post(func(l *loop) { l.joined(t, err) })
	}) {
		l.hub.awaited[t] = struct{}{}
	}
	asked = true
}

// awaits reports whether the broker has yet to confirm t.
func (h *hub) awaits(t *topic) bool {
	_, ok := h.awaited[t]
	return ok
}

// drop removes a topic that nobody needs any more.
func (l *loop) drop(t *topic) {
	if len(t.members) == 0 && l.hub.joining[t] == 0 {
		l.retire(t)
	}
}

// retire takes t out of the hub, the interest and the broker, if it has not
// been yet.
func (l *loop) retire(t *topic) {
	if l.hub.topics[t.name] != t {
		return
	}
	l.hub.topics = remove(l.hub.topics, t.name, &l.hub.peak)
	delete(l.hub.awaited, t)
	switch {
	case internal(t.name): // a user id may look like a pattern
		l.node.interest.remove(t.name, l.index)
	case isPattern(t.name):
		l.hub.patterns.remove(t)
		if l.hub.patterns.size == 0 {
			l.node.interest.removePattern(l.index)
		}
	default:
		l.node.interest.remove(t.name, l.index)
		l.node.cfg.Broker.Leave(t.name)
	}
}

// begin notes a joining subscription of c to t.
func (c *conn) begin(t *topic) {
	h := &c.loop.hub
	h.lastGen++
	h.joining[t]++
	c.subs = append(c.subs, subscription{topic: t, pos: notLive, gen: h.lastGen})
}

// settled notes that a subscription to t is no longer joining.
func (h *hub) settled(t *topic) {
	if h.joining[t]--; h.joining[t] == 0 {
		delete(h.joining, t)
	}
}

// goLive makes c's joining subscription i live.
func (c *conn) goLive(i int) {
	s := &c.subs[i]
	t := s.topic
	c.loop.hub.settled(t)
	s.pos = uint32(len(t.members))
	t.members = append(t.members, member{c, uint32(i)})
	if t.recordsPresence() {
		c.loop.node.cfg.Presence.Join(t.name, Member{c.who.clientID, c.who.userID()})
	}
}

// end removes c's subscription i, joining or live, and what is queued of it,
// unless c is subscribed to that in another way, too.
func (c *conn) end(i int) {
	t := c.subs[i].topic
	c.detach(i)
	if c.out == nil {
		return
	}
	c.tellGaps() // what was dropped of t is told, also if nothing more of it comes
	if c.loop.hub.patterns.size > 0 {
		c.out.bequeath(t, c.wayTo)
	}
	c.out.forget(t)
}

// wayTo returns a topic by which c hears a channel, or nil.
func (c *conn) wayTo(channel string) *topic {
	for i := range c.subs {
		s := &c.subs[i]
		if s.pos == notLive {
			continue
		}
		if name := s.topic.name; name == channel || isPattern(name) && !internal(channel) && patternMatches(name, channel) {
			return s.topic
		}
	}
	return nil
}

// detach removes c's subscription i, joining or live; what is queued of it
// stays. What others do, and might panic, comes last.
func (c *conn) detach(i int) {
	s := c.subs[i]
	t := s.topic
	live := s.pos != notLive
	if !live {
		c.loop.hub.settled(t)
	} else {
		last := len(t.members) - 1
		moved := t.members[last]
		t.members[s.pos] = moved
		moved.c.subs[moved.pos].pos = s.pos
		t.members[last] = member{}
		t.members = t.members[:last]
	}
	tail := len(c.subs) - 1
	if i != tail {
		c.subs[i] = c.subs[tail]
		if p := c.subs[i].pos; p != notLive {
			c.subs[i].topic.members[p].pos = uint32(i)
		}
	}
	c.subs[tail] = subscription{}
	c.subs = c.subs[:tail]
	if !live {
		c.loop.settle(c, s)
	}
	c.loop.drop(t)
	if live && t.recordsPresence() {
		c.loop.node.cfg.Presence.Leave(t.name, Member{c.who.clientID, c.who.userID()})
	}
}

// detachAll removes all subscriptions. A panic of the broker or the presence
// ends only the call that raised it.
func (c *conn) detachAll() {
	for i := range slices.Backward(c.subs) {
		c.loop.attempt(func() { c.detach(i) })
	}
	c.subs = nil
}
