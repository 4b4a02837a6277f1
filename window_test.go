package outcry

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// windowRig is a Conn whose sends are timed, in a bubble.
type windowRig struct {
	l     *loop
	c     *conn
	sock  *fakeSocket
	times []time.Duration
}

// inBubble runs f with a windowRig of an idle Conn.
func inBubble(t *testing.T, window time.Duration, f func(t *testing.T, r *windowRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &windowRig{l: newBareLoop(t, Config{Timing: Timing{FlushWindow: window}}), sock: &fakeSocket{room: -1}}
		time.Sleep(time.Second)
		began := time.Now()
		r.sock.onSend = func() { r.times = append(r.times, time.Since(began)) }
		r.c = attach(r.l, r.sock)
		f(t, r)
	})
}

// turn is one round of the Loop, without its sleep.
func (r *windowRig) turn() {
	r.l.tick()
	r.l.releaseWaiting()
	r.l.flushAll()
}

// until turns the Loop whenever it would wake by itself.
func (r *windowRig) until(end time.Time) {
	for r.l.waiting.len() > 0 {
		at := r.l.sleepUntil()
		if at.After(end) {
			break
		}
		time.Sleep(time.Until(at))
		r.turn()
	}
	time.Sleep(time.Until(end))
	r.l.tick()
}

func (r *windowRig) wantSends(t *testing.T, want ...time.Duration) {
	t.Helper()
	if len(r.times) != len(want) {
		t.Fatalf("sends at %v, want %v", r.times, want)
	}
	for i, at := range r.times {
		if d := at - want[i]; d < 0 || d > 10*time.Microsecond {
			t.Fatalf("sends at %v, want %v", r.times, want)
		}
	}
}

const window = 2 * time.Millisecond

// A message that comes alone leaves at once.
func TestWindowLoneMessage(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		for i := range 3 {
			offer(r.c, laneNormal, nil, fmt.Sprint(i))
			r.turn()
			if len(r.times) != i+1 {
				t.Fatalf("message %d waits", i)
			}
			r.until(time.Now().Add(window))
		}
		r.wantSends(t, 0, window, 2*window)
	})
}

// What comes within the window leaves in one send, when the first of it has
// waited for as long as a window.
func TestWindowCoalesces(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		r.stream(20, 100*time.Microsecond)
		r.wantSends(t, 0, 100*time.Microsecond+window)
		if got := r.sock.texts(t); len(got) != 20 || got[19] != "19" {
			t.Fatalf("texts %v", got)
		}
	})
}

// A stream with an interval below the window has each send carry what comes in
// a window and one interval, and none waits for longer than the window.
func TestWindowStream(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		r.stream(9, 1500*time.Microsecond) // at 0, 1.5, 3, 4.5, …
		us := time.Microsecond
		r.wantSends(t, 0, 3500*us, 6500*us, 9500*us, 12_500*us)
	})
}

// stream offers so many messages at an interval, and waits until all have left.
func (r *windowRig) stream(messages int, interval time.Duration) {
	for i := range messages {
		offer(r.c, laneNormal, nil, fmt.Sprint(i))
		r.turn()
		r.until(time.Now().Add(interval))
	}
	r.until(time.Now().Add(2 * window))
}

// A reply does not wait, and takes along what does.
func TestWindowReplies(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		offer(r.c, laneNormal, nil, "1")
		r.turn()
		time.Sleep(500 * time.Microsecond)
		offer(r.c, laneNormal, nil, "2")
		r.turn()
		time.Sleep(500 * time.Microsecond)
		r.l.tick()
		r.c.reply(protocol.Pong{})
		r.turn()
		r.wantSends(t, 0, time.Millisecond)
		offer(r.c, laneNormal, nil, "3")
		r.turn()
		r.until(time.Now().Add(2 * window))
		r.wantSends(t, 0, time.Millisecond, time.Millisecond+window)
		if got := r.sock.texts(t); len(got) != 4 || got[2] != "2" || got[3] != "3" {
			t.Fatalf("texts %v", got)
		}
	})
}

func TestWindowOff(t *testing.T) {
	inBubble(t, -1, func(t *testing.T, r *windowRig) {
		for i := range 5 {
			offer(r.c, laneNormal, nil, fmt.Sprint(i))
			r.turn()
			time.Sleep(time.Microsecond)
		}
		if len(r.times) != 5 {
			t.Fatalf("sends at %v", r.times)
		}
	})
}

// Each Conn has its own window; the Loop wakes for the earliest.
func TestWindowPerConn(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		late := &fakeSocket{room: -1}
		other := attach(r.l, late)
		both := func() {
			offer(r.c, laneNormal, nil, "m")
			r.turn()
			r.until(time.Now().Add(500 * time.Microsecond))
			offer(other, laneNormal, nil, "m")
			r.turn()
		}
		both()
		if len(late.sends) != 1 {
			t.Fatal("the window of one Conn holds another's message")
		}
		r.until(time.Now().Add(500 * time.Microsecond))
		both() // at 1 ms and 1.5 ms
		r.until(time.Now().Add(1600 * time.Microsecond))
		r.wantSends(t, 0, 3*time.Millisecond)
		if len(late.sends) != 1 {
			t.Fatal("flushed before its window's end")
		}
		r.until(time.Now().Add(500 * time.Microsecond))
		if len(late.sends) != 2 {
			t.Fatal("not flushed at its window's end")
		}
	})
}

// The clock of microseconds wraps every 71 minutes: a Conn that was silent for
// any time is flushed at once.
func TestWindowAfterSilence(t *testing.T) {
	inBubble(t, window, func(t *testing.T, r *windowRig) {
		want := []time.Duration{0}
		for _, minutes := range []time.Duration{30, 35, 36, 40, 60, 71, 72, 110} {
			offer(r.c, laneNormal, nil, "m")
			r.turn()
			if len(r.times) != len(want) {
				t.Fatalf("after a silence ending at %v: sends at %v", want[len(want)-1], r.times)
			}
			time.Sleep(minutes * time.Minute)
			r.l.tick()
			want = append(want, want[len(want)-1]+minutes*time.Minute)
		}
	})
}
