package hub

import "sync"

// Topics is the table of channels and their subscribers. It is safe for
// concurrent use; the zero value is empty.
type Topics[C comparable] struct {
	mu       sync.Mutex
	channels map[string]*topic[C] // guarded by mu
}

// topic is one channel. What list holds is never changed, only replaced.
type topic[C comparable] struct {
	members map[C]struct{}
	list    []C // nil: to be made anew
}

// Add subscribes c.
func (t *Topics[C]) Add(channel string, c C) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.channels == nil {
		t.channels = map[string]*topic[C]{}
	}
	ch := t.channels[channel]
	if ch == nil {
		ch = &topic[C]{members: map[C]struct{}{}}
		t.channels[channel] = ch
	}
	ch.members[c] = struct{}{}
	ch.list = nil
}

// Remove ends a subscription.
func (t *Topics[C]) Remove(channel string, c C) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := t.channels[channel]
	if ch == nil {
		return
	}
	delete(ch.members, c)
	ch.list = nil
	if len(ch.members) == 0 {
		delete(t.channels, channel)
	}
}

// Subscribers returns those of a channel. The caller must not change the list;
// it stays as it is when others come and go.
func (t *Topics[C]) Subscribers(channel string) []C {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := t.channels[channel]
	if ch == nil {
		return nil
	}
	if ch.list == nil {
		ch.list = make([]C, 0, len(ch.members))
		for c := range ch.members {
			ch.list = append(ch.list, c)
		}
	}
	return ch.list
}
