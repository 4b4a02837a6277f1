package outcry

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// memoryPresence is the Presence of a single node. Safe for concurrent use.
type memoryPresence struct {
	mu       sync.Mutex
	channels map[string]map[Member]int // a client may be there by more than one connection
}

var _ Presence = (*memoryPresence)(nil)

func newMemoryPresence() *memoryPresence {
	return &memoryPresence{channels: make(map[string]map[Member]int)}
}

// Join implements Presence.
func (p *memoryPresence) Join(channel string, m Member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	members := p.channels[channel]
	if members == nil {
		members = make(map[Member]int, 1)
		p.channels[channel] = members
	}
	members[m]++
}

// Leave implements Presence.
func (p *memoryPresence) Leave(channel string, m Member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	members := p.channels[channel]
	if members[m] > 1 {
		members[m]--
	} else {
		delete(members, m)
	}
	if len(members) == 0 {
		delete(p.channels, channel)
	}
}

// Members implements Presence. It does not block; the list is sorted by client id.
func (p *memoryPresence) Members(_ context.Context, channel string) ([]Member, error) {
	p.mu.Lock()
	out := make([]Member, 0, len(p.channels[channel]))
	for m := range p.channels[channel] {
		out = append(out, m)
	}
	p.mu.Unlock()
	slices.SortFunc(out, func(a, b Member) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return out, nil
}
