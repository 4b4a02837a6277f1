package outcry

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// offer queues a text for c, as a publication of topic.
func offer(c *conn, l lane, topic *topic, payload string) bool {
	return c.publish(entry{frame: text(payload), topic: topic}, l, OverflowGap)
}

// stall makes c's socket take nothing more, with one byte of a frame sent
// where begun is set.
func stall(l *loop, c *conn, sock *fakeSocket, begun bool) {
	sock.room = 0
	if begun {
		sock.room = 1
	}
	offer(c, laneHigh, nil, `"stall"`)
	l.flushAll()
	c.exhaustGrace()
}

// exhaustGrace makes a full socket one that is not just busy.
func (c *conn) exhaustGrace() {
	if c.out != nil && c.out.blocked != 0 {
		c.out.blocked = mark(c.out.blocked - 2*busyGrace)
	}
}

// resume lets sock take everything and tells c.
func (s *fakeSocket) resume(l *loop, c *conn) {
	s.room = -1
	c.writable()
	l.flushAll()
}

func TestFlushOrderOfLanes(t *testing.T) {
	l := newBareLoop(t, Config{})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	for _, m := range []struct {
		lane    lane
		payload string
	}{
		{laneLow, `"low 1"`},
		{laneNormal, `"normal 1"`},
		{laneHigh, `"high 1"`},
		{laneNormal, `"normal 2"`},
		{laneLow, `"low 2"`},
		{laneHigh, `"high 2"`},
	} {
		offer(c, m.lane, nil, m.payload)
	}
	c.reply(protocol.Pong{Timestamp: time.Unix(0, 0)}) // last to come, first to go
	l.flushAll()
	got := sock.texts(t)
	if len(got) == 0 || !strings.Contains(got[0], `"pong"`) {
		t.Fatalf("the reply is not first: %v", got)
	}
	want := []string{`"high 1"`, `"high 2"`, `"normal 1"`, `"normal 2"`, `"low 1"`, `"low 2"`}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if len(sock.sends) != 1 || c.out != nil || l.count.sent != 7 {
		t.Errorf("%d sends, outbox %v, %d counted", len(sock.sends), c.out, l.count.sent)
	}
}

// A lane whose head has waited for 250 ms gets one frame before those above
// it, and again after 250 ms.
func TestFlushStarvation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, Config{Queue: Queue{Messages: 1000}})
		sock := &fakeSocket{room: -1}
		c := attach(l, sock)
		stall(l, c, sock, true)
		for i := range 3 {
			offer(c, laneLow, nil, fmt.Sprintf(`"low %d"`, i))
			offer(c, laneNormal, nil, fmt.Sprintf(`"normal %d"`, i))
		}
		var low []time.Duration
		for began := time.Now(); time.Since(began) < 2*time.Second && len(low) < 3; {
			for c.out.lanes[laneHigh].len() < 50 { // it is never empty
				offer(c, laneHigh, nil, `"high"`)
			}
			seen := len(sock.stream())
			sock.room = 200 // a few frames each time
			c.writable()
			for range bytes.Count(sock.stream()[seen:], []byte(`"low `)) {
				low = append(low, time.Since(began))
			}
			time.Sleep(5 * time.Millisecond)
			l.tick()
		}
		if len(low) != 3 {
			t.Fatalf("%d frames of the low lane in two seconds", len(low))
		}
		for i, at := range low {
			if want := time.Duration(i+1) * 250 * time.Millisecond; at < want || at > want+30*time.Millisecond {
				t.Errorf("frame %d of the low lane after %v, want %v", i, at, want)
			}
		}
		sock.resume(l, c)
		sock.frames(t)
	})
}

// Wherever the socket stops within what it is offered, the stream goes on with
// the next byte.
func TestFlushPartialSends(t *testing.T) {
	payloads := []string{`"a"`, strings.Repeat("b", 126), `"c"`, strings.Repeat("d", 300)}
	var whole []byte
	for _, p := range payloads {
		whole = append(whole, text(p)...)
	}
	for at := range len(whole) + 1 {
		l := newBareLoop(t, Config{})
		sock := &fakeSocket{room: at}
		c := attach(l, sock)
		for _, p := range payloads {
			offer(c, laneNormal, nil, p)
		}
		l.flushAll()
		if at < len(whole) {
			o := c.out
			frames := 0
			for rest := at; frames < len(payloads) && rest >= len(text(payloads[frames])); frames++ {
				rest -= len(text(payloads[frames]))
			}
			if !sock.want || o.blocked == 0 || l.count.sent != uint64(frames) {
				t.Fatalf("stopped at %d: want %v, blocked %d, %d frames counted, want %d", at, sock.want, o.blocked, l.count.sent, frames)
			}
			if waits := len(o.rest) + o.bytes; waits != len(whole)-at {
				t.Fatalf("stopped at %d: %d bytes wait, want %d", at, waits, len(whole)-at)
			}
			l.flushAll()
			if c.flushIfOpen(); sock.full != 1 {
				t.Fatalf("stopped at %d: a blocked socket was offered more", at)
			}
		}
		// The same again byte for byte.
		for c.out != nil {
			sock.room = 1
			c.writable()
		}
		if !bytes.Equal(sock.stream(), whole) || l.count.sent != uint64(len(payloads)) {
			t.Fatalf("stopped at %d: sent %q, want %q; %d frames counted", at, sock.stream(), whole, l.count.sent)
		}
	}
}

// Frames too large to be gathered leave alone and uncopied.
func TestFlushLargeFrames(t *testing.T) {
	l := newBareLoop(t, Config{Limits: Limits{MaxMessageSize: 1 << 20}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	payloads := []string{`"a"`, strings.Repeat("b", flushChunk+1), `"c"`, strings.Repeat("d", flushChunk-4), `"e"`, strings.Repeat("f", 500_000)}
	for _, p := range payloads {
		offer(c, laneNormal, nil, p)
	}
	l.flushAll()
	if diff := cmp.Diff(payloads, sock.texts(t)); diff != "" {
		t.Fatalf("texts (-want +got):\n%s", diff)
	}
	var sizes []int
	for _, s := range sock.sends {
		sizes = append(sizes, len(s))
	}
	want := []int{5, flushChunk + 5, 5, flushChunk, 5, 500_010}
	if diff := cmp.Diff(want, sizes); diff != "" {
		t.Errorf("sends (-want +got):\n%s", diff)
	}
}

func TestFlushGathersAtMostAChunk(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 10_000}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	const n = 1000
	for i := range n {
		offer(c, laneNormal, nil, fmt.Sprintf("%0100d", i))
	}
	l.flushAll()
	if got := sock.texts(t); len(got) != n || !slices.IsSorted(got) {
		t.Fatalf("%d messages, sorted %v", len(got), slices.IsSorted(got))
	}
	for _, s := range sock.sends[:len(sock.sends)-1] {
		if len(s) > flushChunk || len(s) < flushChunk-102 {
			t.Errorf("a send of %d bytes", len(s))
		}
	}
}

// A gap notice stands where the messages it counts would have stood, case 60.
func TestGapNotice(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 3}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	a, b := enter(c, "a"), enter(c, "b")
	stall(l, c, sock, true)
	for i := range 5 { // two of a are dropped
		offer(c, laneNormal, a, fmt.Sprintf(`{"a":%d}`, i))
	}
	sock.room = len(text(`"stall"`)) - 1 + len(encodeFrame(protocol.Gap{Channel: "a", Lost: 2, Reason: "slow"})) + len(text(`{"a":2}`)) + 3
	c.writable() // the notice, a:2 and the begin of a:3; a:4 waits
	c.exhaustGrace()
	for i := range 4 { // a:4 and b:0 have to go
		offer(c, laneNormal, b, fmt.Sprintf(`{"b":%d}`, i))
	}
	offer(c, laneHigh, nil, `{"direct":0}`) // and b:1
	c.reply(protocol.Pong{Timestamp: time.Unix(0, 0)})
	sock.resume(l, c)
	var got []string
	for _, p := range sock.texts(t)[1:] {
		if o := decode(t, p); o.str("type") == "pong" {
			p = "pong"
		}
		got = append(got, p)
	}
	want := []string{
		`{"type":"gap","channel":"a","lost":2,"reason":"slow"}`, `{"a":2}`, `{"a":3}`,
		"pong",
		`{"type":"gap","channel":"a","lost":1,"reason":"slow"}`,
		`{"type":"gap","channel":"b","lost":2,"reason":"slow"}`,
		`{"direct":0}`, `{"b":2}`, `{"b":3}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("stream (-want +got):\n%s", diff)
	}
	if l.count.dropped != 5 {
		t.Errorf("%d dropped, want 5", l.count.dropped)
	}
	if c.out != nil {
		t.Errorf("outbox %+v", c.out)
	}
}

// Where nothing of the newcomer's lane or below can go, the newcomer goes.
func TestGapOfANewcomer(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 2}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	low := enter(c, "low")
	stall(l, c, sock, false)
	offer(c, laneHigh, nil, `"second"`)
	if offer(c, laneLow, low, `"lost"`) {
		t.Error("the message that was lost counts as queued")
	}
	sock.resume(l, c)
	want := []string{`{"type":"gap","channel":"low","lost":1,"reason":"slow"}`, `"stall"`, `"second"`}
	if diff := cmp.Diff(want, sock.texts(t)); diff != "" {
		t.Fatalf("stream (-want +got):\n%s", diff)
	}
}

// Losses without a channel of the client's are told without one.
func TestGapWithoutChannel(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 1}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	user := enter(c, prefixUser+"u")
	stall(l, c, sock, true)
	offer(c, laneNormal, user, `"1"`)
	offer(c, laneNormal, nil, `"2"`)
	offer(c, laneNormal, nil, `"3"`)
	sock.resume(l, c)
	got := sock.texts(t)
	if len(got) != 4 || got[3] != `"3"` {
		t.Fatalf("stream %v", got)
	}
	for _, p := range got[1:3] {
		if o := decode(t, p); o.str("type") != "gap" || o["lost"] != 1.0 || o["channel"] != nil {
			t.Errorf("notice %v", o)
		}
	}
}

// A limit counts only what the socket has refused: a writable one is flushed
// first.
func TestFullQueueOfAWritableSocket(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 4}, Timing: Timing{FlushWindow: -1}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	for i := range 100 {
		if !offer(c, laneNormal, nil, fmt.Sprintf("%03d", i)) {
			t.Fatalf("message %d was not queued", i)
		}
	}
	l.flushAll()
	if got := sock.texts(t); len(got) != 100 || !slices.IsSorted(got) || l.count.dropped != 0 {
		t.Fatalf("%d messages, %d dropped", len(got), l.count.dropped)
	}
}

func TestOverflowClose(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 2}})
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	must := enter(c, "must")
	stall(l, c, sock, true)
	for range 3 {
		c.publish(entry{frame: text(`"m"`), topic: must}, laneNormal, OverflowClose)
	}
	if c.state != StateDisconnecting || len(must.members) != 0 {
		t.Fatalf("state %v, %d members", c.state, len(must.members))
	}
	sock.resume(l, c)
	frames := sock.frames(t)
	if len(frames) != 2 || string(frames[0].Payload) != `"stall"` {
		t.Fatalf("frames %v", frames)
	}
	if code, reason := ws.ParseCloseFrameData(frames[1].Payload); code != 4003 || reason == "" {
		t.Fatalf("close %d %q", code, reason)
	}
	if !sock.closed || sock.aborted || l.table.live != 0 {
		t.Errorf("closed %v, aborted %v, %d live", sock.closed, sock.aborted, l.table.live)
	}
}

// A Close frame comes behind everything that waited, however long, and nothing
// comes behind it.
func TestCloseAfterFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, Config{})
		sock := &fakeSocket{room: -1}
		c := attach(l, sock)
		a := enter(c, "a")
		stall(l, c, sock, true)
		offer(c, laneNormal, a, `"normal"`)
		offer(c, laneLow, a, `"low"`)
		c.closeAfterFlush(protocol.CloseDraining, "bye")
		if offer(c, laneNormal, a, `"late"`) {
			t.Error("a publication was queued behind the Close frame")
		}
		c.reply(protocol.Pong{})
		time.Sleep(900 * time.Millisecond)
		l.tick()
		sock.resume(l, c)
		frames := sock.frames(t)
		var got []string
		for _, f := range frames {
			got = append(got, string(f.Payload))
		}
		if len(got) != 4 {
			t.Fatalf("frames %q", got)
		}
		slices.Sort(got[1:3]) // after so long a wait the lower lane may go first
		if diff := cmp.Diff([]string{`"stall"`, `"low"`, `"normal"`, "\x0f\xa5bye"}, got); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
		if !sock.closed || sock.aborted {
			t.Errorf("closed %v, aborted %v", sock.closed, sock.aborted)
		}
	})
}

// A socket that takes nothing for a second is cut off with its Close frame.
func TestCloseOfABlockedSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBareLoop(t, Config{})
		sock := &fakeSocket{room: -1}
		c := attach(l, sock)
		stall(l, c, sock, true)
		c.close(protocol.ClosePolicy, "enough")
		for range 2 {
			if sock.closed {
				t.Fatal("closed early")
			}
			time.Sleep(closeWait/2*time.Millisecond + wheelTick/2*time.Millisecond)
			l.tick()
			l.runTimers()
		}
		if !sock.aborted || c.state != StateDisconnected || l.table.live != 0 || l.count.errors != 1 {
			t.Fatalf("aborted %v, state %v, %d live, %d errors", sock.aborted, c.state, l.table.live, l.count.errors)
		}
	})
}

// A socket that fails while it is flushed costs its Conn only.
func TestFlushBroken(t *testing.T) {
	l := newBareLoop(t, Config{})
	bad, good := &fakeSocket{err: net.ErrClosed}, &fakeSocket{room: -1}
	b, g := attach(l, bad), attach(l, good)
	for _, c := range []*conn{b, g} {
		enter(c, "x")
	}
	l.deliver(publication("x", `"m"`))
	l.flushAll()
	if b.state != StateDisconnected || !bad.closed || b.out != nil || l.count.errors != 1 {
		t.Errorf("state %v, closed %v, outbox %v, %d errors", b.state, bad.closed, b.out, l.count.errors)
	}
	if got := good.texts(t); len(got) != 1 {
		t.Errorf("the other got %v", got)
	}
	if topic := l.hub.topics["x"]; len(topic.members) != 1 || topic.members[0].c != g {
		t.Errorf("members %v", topic.members)
	}
}

// Case 55: a socket that takes less than a frame within write_timeout, or of a
// large frame less than 16 KB, is closed however often it takes something.
func TestWriteDeadline(t *testing.T) {
	for _, tc := range []struct {
		name  string
		size  int // of each of two frames
		takes int // bytes a second
		want  time.Duration
	}{
		{"nothing", 100, 0, 10 * time.Second},
		{"single bytes", 100, 1, 10 * time.Second},
		{"single bytes of a large frame", 200_000, 1, 10 * time.Second},
		{"too few of a large frame", 200_000, 1200, 10 * time.Second},
		{"enough of a large frame", 200_000, 2000, 0},
		{"a frame at a time", 100, 12, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newBareLoop(t, Config{Timing: Timing{PingInterval: -1, ConnectionTimeout: time.Hour}})
				sock := &fakeSocket{room: 0}
				c := attach(l, sock)
				offer(c, laneNormal, nil, strings.Repeat("x", tc.size))
				offer(c, laneNormal, nil, strings.Repeat("y", tc.size))
				l.flushAll()
				began := time.Now()
				for second := time.Second; time.Since(began) < 300*time.Second && c.state == StateConnected && c.out != nil; {
					for next := began.Add(second); time.Now().Before(next); {
						time.Sleep(wheelTick * time.Millisecond)
						l.tick()
						l.runTimers()
					}
					second += time.Second
					sock.room = tc.takes
					c.writable()
				}
				took := time.Since(began)
				if tc.want == 0 {
					if c.state != StateConnected || c.out != nil {
						t.Fatalf("state %v after %v", c.state, took)
					}
					return
				}
				if c.state < StateDisconnecting || took < tc.want || took > tc.want+time.Second+wheelTick*time.Millisecond {
					t.Fatalf("state %v after %v, want a close after %v", c.state, took, tc.want)
				}
			})
		})
	}
}
