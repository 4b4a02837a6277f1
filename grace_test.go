package outcry

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What was let in while a socket was just busy is held to the limits when it
// turns out to refuse, also if nothing more is published.
func TestQueueAfterGrace(t *testing.T) {
	for name, tc := range map[string]struct {
		overflow Overflow
		closes   bool
	}{"gap": {OverflowGap, false}, "close": {OverflowClose, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newBareLoop(t, Config{Queue: Queue{Messages: 3}, Rules: []Rule{{Match: "q", Overflow: tc.overflow}}})
				sock := &fakeSocket{}
				c := attach(l, sock)
				q := enter(c, "q")
				var frames []string
				for i := range 10 {
					frames = append(frames, fmt.Sprintf(`{"n":%d}`, i))
					c.publish(entry{frame: text(frames[i]), topic: q, channel: "q"}, laneNormal, tc.overflow)
					l.flushAll()
				}
				pass := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); {
						time.Sleep(wheelTick * time.Millisecond)
						l.tick()
						l.runTimers()
					}
				}
				pass((busyGrace - 2*wheelTick) * time.Millisecond)
				if c.state != StateConnected || c.out.count != 10 {
					t.Fatalf("within the grace: state %v, %d wait", c.state, c.out.count)
				}
				pass(4 * wheelTick * time.Millisecond)
				if tc.closes {
					if c.state != StateDisconnecting {
						t.Fatalf("state %v, want a close", c.state)
					}
					return
				}
				if c.out.count != 3 || l.count.dropped != 7 {
					t.Fatalf("%d wait, %d dropped", c.out.count, l.count.dropped)
				}
				sock.resume(l, c)
				want := append([]string{`{"type":"gap","channel":"q","lost":7,"reason":"slow"}`}, frames[7:]...)
				if diff := cmp.Diff(want, sock.texts(t)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// So it is with replies.
func TestRepliesAfterGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, Config{})
		c := attach(l, &fakeSocket{})
		reply := text(fmt.Sprintf("%q", strings.Repeat("x", 30<<10)))
		for range 20 {
			c.sendControl(reply)
			l.flushAll()
		}
		if c.state != StateConnected || c.out.unread() <= replyClose {
			t.Fatalf("state %v, %d bytes wait", c.state, c.out.unread())
		}
		time.Sleep((busyGrace + wheelTick) * time.Millisecond)
		l.tick()
		l.runTimers()
		if c.state != StateDisconnecting {
			t.Errorf("state %v, want a close", c.state)
		}
	})
}
