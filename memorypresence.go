package outcry

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"sync"
)

// presenceShards is the number of locks over which channels are spread: a list
// of one channel must not hold up those who join others.
const presenceShards = 64

// memoryPresence is the Presence of a single node. Safe for concurrent use.
type memoryPresence struct {
	seed   maphash.Seed
	shards [presenceShards]presenceShard
}

type presenceShard struct {
	mu       sync.Mutex
	channels map[string]map[Member]int // a client may be there by more than one connection
	peak     int                       // of channels: see remove
}

var _ Presence = (*memoryPresence)(nil)

func newMemoryPresence() *memoryPresence {
	p := &memoryPresence{seed: maphash.MakeSeed()}
	for i := range p.shards {
		p.shards[i].channels = make(map[string]map[Member]int)
	}
	return p
}

func (p *memoryPresence) shard(channel string) *presenceShard {
	return &p.shards[maphash.String(p.seed, channel)%presenceShards]
}

// Join implements Presence.
func (p *memoryPresence) Join(channel string, m Member) {
	s := p.shard(channel)
	s.mu.Lock()
	defer s.mu.Unlock()
	members := s.channels[channel]
	if members == nil {
		members = make(map[Member]int, 1)
		s.channels[channel] = members
	}
	members[m]++
}

// Leave implements Presence.
func (p *memoryPresence) Leave(channel string, m Member) {
	s := p.shard(channel)
	s.mu.Lock()
	defer s.mu.Unlock()
	members := s.channels[channel]
	if members[m] > 1 {
		members[m]--
	} else {
		delete(members, m)
	}
	if len(members) == 0 {
		s.channels = remove(s.channels, channel, &s.peak)
	}
}

// Members implements Presence. It does not block; the list is sorted by client id.
func (p *memoryPresence) Members(_ context.Context, channel string) ([]Member, error) {
	s := p.shard(channel)
	s.mu.Lock()
	out := make([]Member, 0, len(s.channels[channel]))
	for m := range s.channels[channel] {
		out = append(out, m)
	}
	s.mu.Unlock()
	slices.SortFunc(out, func(a, b Member) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return out, nil
}
