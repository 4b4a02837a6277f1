package faults

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// perCommand is how many channels the names of one command are.
const perCommand = 250

// commands makes as many commands of a type as it takes for n channels, whose
// names begin with prefix.
func commands(kind, prefix string, n int) [][]byte {
	var frames [][]byte
	for i := 0; i < n; {
		var names strings.Builder
		for end := min(i+perCommand, n); i < end; i++ {
			fmt.Fprintf(&names, `,"%s.%d"`, prefix, i)
		}
		frames = append(frames, text(`{"type":"`+kind+`","channels":[`+names.String()[1:]+`]}`))
	}
	return frames
}

// TestTooManyChannels covers case 48: beyond max_channels a socket gets
// too_many_channels, and keeps what it has.
func TestTooManyChannels(t *testing.T) {
	const limit, beyond = 1024, 500
	s := start(t, setup{})
	w := observe(t, s, "")
	f := connect(t, s, "greedy", 1, nil)
	f.must(t, func(c *client) error { return c.send(commands("subscribe", "greedy", limit+beyond)...) })
	f.reach(t, 20*time.Second, view{live: true, replies: limit + beyond})
	if got := f.clients[0].view().refusals; got != beyond {
		t.Errorf("%d refusals, want %d", got, beyond)
	}
	if got := s.mustStats(t).Subscriptions - w.before.Subscriptions; got != limit {
		t.Errorf("%d subscriptions, want %d", got, limit)
	}
	f.must(t, func(c *client) error { return c.send(unsubscribe("greedy.0"), subscribe("greedy.new")) })
	f.reach(t, 20*time.Second, view{live: true, replies: limit + beyond + 2})
	if got := f.clients[0].view().refusals; got != beyond {
		t.Errorf("%d refusals after one was given up, want %d", got, beyond)
	}
	f.faultless(t)
	f.drop()
	w.settled(t)
}

// TestNeverReusedNames covers case 48: very many channels that nobody will
// ever name again leave nothing behind.
func TestNeverReusedNames(t *testing.T) {
	const crowd, each = 200, 1000
	s := start(t, setup{})
	w := observe(t, s, "")
	f := connect(t, s, "namer", crowd, nil)
	f.must(t, func(c *client) error { return c.send(commands("subscribe", c.id, each)...) })
	f.reach(t, 30*time.Second, view{live: true, replies: each})
	now := s.mustStats(t)
	if subs, channels := now.Subscriptions-w.before.Subscriptions, now.Channels-w.before.Channels; subs != crowd*each || channels != crowd*each {
		t.Errorf("%d subscriptions to %d channels, want %d", subs, channels, crowd*each)
	}
	polite := f.part(func(i int) bool { return i%2 == 0 })
	polite.must(t, func(c *client) error { return c.send(commands("unsubscribe", c.id, each)...) })
	polite.reach(t, 30*time.Second, view{replies: 2 * each})
	f.faultless(t)
	f.drop()
	w.settled(t)
}
