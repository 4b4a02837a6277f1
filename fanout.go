package outcry

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/outcry-dev/outcry/internal/wire"
)

// Publication is an encoded message on its way from a broker to subscribers.
// Its bytes never change. Brokers treat it as opaque but for its exported
// methods.
type Publication struct {
	Channel string

	frame   []byte       // the WebSocket frame; its tail is the payload
	payload int          // where the payload begins
	pending atomic.Int32 // Loops that have yet to queue it, and its publisher
	sent    atomic.Int32
	packed  packed
	secret  bool               // never to be compressed
	cost    atomic.Int64       // bytes of credit to be given back
	done    func(*Publication) // called when nobody needs it any more; nil for one from elsewhere
}

// NewPublication makes a publication of a JSON text as subscribers receive it,
// for brokers that got it from elsewhere. secret is what Secret said where it
// was published. It keeps no reference to payload.
func NewPublication(channel string, payload []byte, secret bool) *Publication {
	frame := encodePayload(payload)
	return &Publication{Channel: channel, frame: frame, payload: wire.HeaderSize(len(payload)), secret: secret}
}

// Secret reports whether the message must not be compressed.
func (p *Publication) Secret() bool { return p.secret }

// Payload is the JSON text. It must not be changed.
func (p *Publication) Payload() []byte { return p.frame[p.payload:] }

// size is the length of the payload in bytes.
func (p *Publication) size() int { return len(p.frame) - p.payload }

// finish notes that one of those who need p needs it no more.
func (p *Publication) finish() {
	if p.pending.Add(-1) == 0 && p.done != nil {
		p.done(p)
	}
}

// interestShards is the number of locks over which channels are spread.
const interestShards = 64

// interest says which Loops have subscribers of a channel. A Loop sets and
// clears its own bit; fan-out reads it and posts under the same lock, so that
// all Loops see one order per channel. Lock order: shard, then inbox. Safe for
// concurrent use.
type interest struct {
	seed     maphash.Seed
	shards   [interestShards]interestShard
	patterns atomic.Uint64 // Loops with pattern subscribers; they hear everything
}

type interestShard struct {
	mu    sync.Mutex
	loops map[string]uint64
	peak  int // of loops: see remove
}

func newInterest() *interest {
	in := &interest{seed: maphash.MakeSeed()}
	for i := range in.shards {
		in.shards[i].loops = make(map[string]uint64)
	}
	return in
}

func (in *interest) shard(channel string) *interestShard {
	return &in.shards[maphash.String(in.seed, channel)%interestShards]
}

func (in *interest) add(channel string, loop int) {
	s := in.shard(channel)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loops[channel] |= 1 << loop
}

func (in *interest) remove(channel string, loop int) {
	s := in.shard(channel)
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := s.loops[channel] &^ (1 << loop); left != 0 {
		s.loops[channel] = left
	} else {
		s.loops = remove(s.loops, channel, &s.peak)
	}
}

func (in *interest) addPattern(loop int)    { in.patterns.Or(1 << loop) }
func (in *interest) removePattern(loop int) { in.patterns.And(^uint64(1 << loop)) }

// forget clears every bit of a Loop that starts again empty.
func (in *interest) forget(loop int) {
	in.removePattern(loop)
	for i := range in.shards {
		s := &in.shards[i]
		s.mu.Lock()
		for ch, mask := range s.loops {
			if mask &^= 1 << loop; mask != 0 {
				s.loops[ch] = mask
			} else {
				delete(s.loops, ch)
			}
		}
		s.mu.Unlock()
	}
}

// has reports whether any Loop hears a channel.
func (in *interest) has(channel string) bool {
	if in.patterns.Load() != 0 && !internal(channel) {
		return true
	}
	s := in.shard(channel)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loops[channel] != 0
}

// count is the number of channels that keep wants.
func (in *interest) count(keep func(channel string) bool) int {
	n := 0
	for i := range in.shards {
		s := &in.shards[i]
		s.mu.Lock()
		for ch := range s.loops {
			if keep(ch) {
				n++
			}
		}
		s.mu.Unlock()
	}
	return n
}

// fanOut posts p to every Loop that has subscribers for it. It never waits:
// room was made by the credit taken before.
func (n *Node) fanOut(p *Publication) {
	n.ahead(p)
	s := n.interest.shard(p.Channel)
	s.mu.Lock()
	mask := n.allLoops
	if p.Channel != channelAll {
		mask = s.loops[p.Channel]
		if !internal(p.Channel) {
			mask |= n.interest.patterns.Load()
		}
	}
	p.pending.Add(int32(bits.OnesCount64(mask)))
	for m := mask; m != 0; m &= m - 1 {
		n.loops[bits.TrailingZeros64(m)].inbox.publish(p)
	}
	s.mu.Unlock()
}

// deliver queues p for every subscriber of this Loop.
func (l *loop) deliver(p *Publication) {
	defer p.finish()
	sent := 0
	if p.Channel == channelAll {
		sent = l.deliverAll(p)
	} else {
		sent = l.deliverTopics(p)
	}
	p.sent.Add(int32(sent))
}

func (l *loop) deliverAll(p *Publication) int {
	sent := 0
	for i := range l.table.slots {
		if c := l.table.slots[i]; c != nil && c.publish(entry{frame: c.frameOf(p)}, laneNormal, OverflowGap) {
			sent++
		}
	}
	return sent
}

func (l *loop) deliverTopics(p *Publication) int {
	exact := l.hub.topics[p.Channel]
	if l.hub.patterns.size == 0 || internal(p.Channel) {
		if exact == nil {
			return 0
		}
		return exact.deliver(p, exact.rule, 0)
	}
	l.matches = l.matches[:0]
	if exact != nil {
		l.matches = append(l.matches, exact)
	}
	l.matches = l.hub.patterns.match(p.Channel, l.matches)
	stamp := uint32(0)
	if len(l.matches) > 1 { // somebody may be subscribed in two ways
		l.stamp = max(l.stamp+1, 1)
		stamp = l.stamp
	}
	sent := 0
	rule := l.node.rules.find(p.Channel)
	for _, t := range l.matches {
		sent += t.deliver(p, rule, stamp)
	}
	clear(l.matches)
	return sent
}

// deliver queues p for the members of t under the rule of p's own channel,
// which for a pattern is not that of the topic. Members that have this stamp
// got p already.
func (t *topic) deliver(p *Publication, rule *Rule, stamp uint32) int {
	sent := 0
	e := entry{topic: t, channel: p.Channel}
	ln, overflow := laneOf(rule.Priority), rule.Overflow
	for i := len(t.members) - 1; i >= 0; i-- { //nolint:modernize // a member that overflows leaves, and the slice shrinks
		c := t.members[i].c
		if stamp != 0 {
			if c.stamp == stamp {
				continue
			}
			c.stamp = stamp
		}
		e.frame = c.frameOf(p)
		if c.publish(e, ln, overflow) {
			sent++
		}
	}
	return sent
}
