package outcry

import (
	"context"
	"slices"

	"github.com/outcry-dev/outcry/protocol"
)

// joiner is a subscription that waits for the broker, and who is to be told.
type joiner struct {
	c      *conn
	gen    uint32
	id     []byte
	resume bool         // since or last was asked for
	then   func(*Error) // for the server's own calls; may be nil
}

// onSubscribe serves subscribe: one subscription_result per channel.
func (c *conn) onSubscribe(cmd *protocol.Command) {
	s, err := cmd.Subscribe()
	if err != nil {
		c.refuse(err, cmd.ID)
		return
	}
	c.subscribeAll(&s, slices.Clone(cmd.ID), nil)
}

// subscribeAll subscribes c to each channel of a command, but for those that
// have a verdict against them.
func (c *conn) subscribeAll(s *protocol.Subscribe, id []byte, verdicts []*Error) {
	for i, ch := range s.Channels {
		err := unsupported(s)
		if i < len(verdicts) && verdicts[i] != nil {
			err = verdicts[i]
		}
		j := joiner{c: c, id: id, resume: s.Since != "" || s.Last != 0}
		if err != nil {
			j.answer(ch, err)
			continue
		}
		c.subscribe(ch, j)
	}
}

// unsupported refuses options that a live channel cannot grant.
func unsupported(s *protocol.Subscribe) *Error {
	switch {
	case s.MaxRate != 0:
		return protocol.Errorf(protocol.CodeBadRequest, "max_rate: this channel delivers every message; a rate can be asked for on latest and table channels")
	case s.Snapshot:
		return protocol.Errorf(protocol.CodeBadRequest, "snapshot: this channel keeps no state")
	case s.Delta:
		return protocol.Errorf(protocol.CodeBadRequest, "delta: this channel keeps no state")
	}
	return nil
}

// onSubscribeHooked serves subscribe where the OnSubscribe hook decides.
func onSubscribeHooked(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	s, err := cmd.Subscribe()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	verdicts := make([]*Error, len(s.Channels))
	for i, ch := range s.Channels {
		if checkSubscribable(ch) != nil {
			continue // answered on the Loop
		}
		if err := n.cfg.Hooks.OnSubscribe(ctx, who.client(), ch); err != nil {
			verdicts[i] = n.denied(err)
		}
	}
	return func(c *conn) { c.subscribeAll(&s, cmd.ID, verdicts) }
}

// denied turns a hook's refusal into what the client may know.
func (n *Node) denied(err error) *Error {
	if e, ok := asError(err); ok {
		return e
	}
	n.log.Debug("refused by hook", errAttr(err))
	return protocol.Errorf(protocol.CodeForbidden, "not allowed")
}

// checkSubscribable checks a channel name or pattern.
func checkSubscribable(name string) *Error {
	if isPattern(name) {
		return protocol.CheckPattern(name)
	}
	return protocol.CheckChannel(name)
}

// subscribe subscribes c to a channel or pattern and answers j. Subscribing
// again succeeds.
func (c *conn) subscribe(channel string, j joiner) {
	j.c = c
	if c.state != StateConnected { // a reply before this one may have been too many
		j.answer(channel, protocol.Errorf(protocol.CodeNotFound, "the client is gone"))
		return
	}
	if err := checkSubscribable(channel); err != nil {
		j.answer(channel, err)
		return
	}
	i := c.find(channel)
	if i < 0 {
		if c.tooManyChannels() {
			j.answer(channel, protocol.Errorf(protocol.CodeTooManyChannels,
				"a client may have %d subscriptions; unsubscribe from some first", c.loop.node.cfg.Limits.MaxChannels))
			return
		}
		c.begin(c.loop.topicFor(channel, isPattern(channel)))
		i = len(c.subs) - 1
	}
	s := &c.subs[i]
	j.gen = s.gen
	switch {
	case s.pos != notLive:
		j.answer(channel, nil)
	case !c.loop.hub.awaits(s.topic):
		c.goLive(i)
		j.answer(channel, nil)
	default:
		c.needWork().holds++
		c.loop.hub.joiners[s.topic] = append(c.loop.hub.joiners[s.topic], j)
	}
}

// tooManyChannels reports whether c has all the subscriptions it may have;
// internal ones do not count.
func (c *conn) tooManyChannels() bool {
	limit := c.loop.node.cfg.Limits.MaxChannels
	if len(c.subs) < limit {
		return false
	}
	own := 0
	for i := range c.subs {
		if !internal(c.subs[i].topic.name) {
			own++
		}
	}
	return own >= limit
}

// joined is called when the broker has confirmed or refused a channel.
func (l *loop) joined(t *topic, err error) {
	waiting := l.hub.joiners[t]
	delete(l.hub.joiners, t)
	delete(l.hub.awaited, t)
	if err != nil {
		l.attempt(func() { l.retire(t) }) // who subscribes from now on asks anew
	}
	for _, j := range waiting {
		l.guard(j.c, func() { j.joined(t, err) })
	}
}

// joined ends one wait. The first of several for one subscription that failed
// ends it for all.
func (j joiner) joined(t *topic, err error) {
	c := j.c
	if c.state != StateConnected {
		return
	}
	c.work.holds--
	i := c.on(t)
	mine := i >= 0 && c.subs[i].gen == j.gen
	switch {
	case err != nil:
		if mine {
			c.end(i)
		}
		j.answer(t.name, c.loop.node.public(err))
	case mine && c.subs[i].pos == notLive:
		c.goLive(i)
		j.answer(t.name, nil)
	default:
		j.answer(t.name, nil)
	}
	c.advance()
}

// settle ends the waits for a subscription that ended before the broker had
// answered.
func (l *loop) settle(c *conn, s subscription) {
	waiting := l.hub.joiners[s.topic]
	rest := waiting[:0]
	for _, j := range waiting {
		if j.c != c || j.gen != s.gen {
			rest = append(rest, j)
			continue
		}
		c.work.holds--
		j.answer(s.topic.name, protocol.Errorf(protocol.CodeConflict, "unsubscribed meanwhile"))
	}
	clear(waiting[len(rest):])
	if len(rest) == 0 {
		delete(l.hub.joiners, s.topic)
	} else {
		l.hub.joiners[s.topic] = rest
	}
}

// answer tells the client, and the server's own caller, what became of it.
func (j joiner) answer(channel string, err *Error) {
	m := protocol.SubscriptionResult{Channel: channel, Success: err == nil, Error: err, ID: j.id}
	if err == nil && j.resume {
		m.Recovery = &protocol.Recovery{} // a live channel has nothing to recover
	}
	j.c.reply(m)
	if j.then != nil {
		j.then(err)
	}
}

// onSubscriptions lists c's subscriptions.
func (c *conn) onSubscriptions(cmd *protocol.Command) {
	c.reply(protocol.SubscriptionsResult{Channels: c.channels(), ID: cmd.ID})
}

// channels returns the names of c's live subscriptions, sorted, internal ones
// left out.
func (c *conn) channels() []string {
	names := make([]string, 0, len(c.subs))
	for i := range c.subs {
		if s := &c.subs[i]; s.pos != notLive && !internal(s.topic.name) {
			names = append(names, s.topic.name)
		}
	}
	slices.Sort(names)
	return names
}
