package faults

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// TestVanished covers case 56: peers that are gone without a word, as behind a
// cut cable, are closed within ping interval and timeout, each of them once.
// They hold their sockets open and answer nothing. Those who answer stay.
func TestVanished(t *testing.T) {
	const (
		channel          = "present"
		crowd            = 200
		interval, answer = time.Second, time.Second
		slack            = 1500 * time.Millisecond // of timers, of the API, and of this machine
	)
	s := start(t, setup{
		file: "rules:\n  - match: \"" + channel + "\"\n    presence: true\n",
		flags: []string{
			"--ping-interval=" + interval.String(), "--ping-timeout=" + answer.String(), "--heartbeat-interval=0s",
		},
	})
	w := observe(t, s, "")
	f := connect(t, s, "peer", crowd, nil)
	f.subscribe(t, channel)
	gone := func(i int) bool { return i%4 == 0 }
	vanished, others := f.part(gone), f.part(func(i int) bool { return !gone(i) })
	for _, c := range vanished.clients {
		c.sleep() // after the frame that it awaits: the next ping at the latest
	}
	began := time.Now()
	// A client may have answered one ping more, and is silent from then on.
	process.Eventually(t, 2*interval+answer+slack, func() error {
		return agree(t.Context(), s, channel, others, w.before.Subscriptions)
	})
	t.Logf("all gone after %v", time.Since(began))
	process.Eventually(t, callWait, func() error { return closedAs(s.Logged(t), vanished, 4001) })
	for _, c := range vanished.clients {
		if n := departures(s.Logged(t), c.id); n != 1 {
			t.Errorf("%s left %d times", c.id, n)
		}
	}
	// Long enough for each of the others to have been asked again.
	patience := time.NewTimer(2 * interval)
	<-patience.C
	if err := s.publish(t.Context(), channel, 1, 100); err != nil {
		t.Fatal(err)
	}
	others.reach(t, callWait, view{live: true, last: 1})
	f.faultless(t)
	f.drop()
	w.settled(t)
}

// departures counts how often the log says that a client has left.
func departures(log []byte, id string) (n int) {
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte(`"msg":"disconnected"`)) && bytes.Contains(line, fmt.Appendf(nil, `"client_id":%q`, id)) {
			n++
		}
	}
	return n
}
