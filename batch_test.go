package outcry

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// unbatched decodes what a client with batch=1 was sent: the messages, and how
// many frames they came in.
func (s *fakeSocket) unbatched(t *testing.T) (messages []string, frames int) {
	t.Helper()
	for _, p := range s.texts(t) {
		frames++
		if !strings.HasPrefix(p, "[") {
			messages = append(messages, p)
			continue
		}
		var list []jsontext.Value
		if err := json.Unmarshal([]byte(p), &list); err != nil || len(list) < 2 {
			t.Fatalf("array %q: %v", p, err)
		}
		for _, m := range list {
			messages = append(messages, string(m))
		}
	}
	return messages, frames
}

func attachBatch(l *loop, sock *fakeSocket) *conn {
	c := attach(l, sock)
	c.flags |= flagBatch
	return c
}

// What waits at a flush leaves as one frame, replies included, in order; a
// message alone stays an object.
func TestBatchOneFrame(t *testing.T) {
	for n, wantFrames := range []int{0, 1, 1, 1} {
		l := newBareLoop(t, Config{})
		sock := &fakeSocket{room: -1}
		c := attachBatch(l, sock)
		var want []string
		for i := range n {
			want = append(want, fmt.Sprintf(`{"n":%d}`, i))
			offer(c, laneNormal, nil, want[i])
		}
		l.flushAll()
		got, frames := sock.unbatched(t)
		if diff := cmp.Diff(want, got); diff != "" || frames != wantFrames {
			t.Errorf("%d messages in %d frames (-want +got):\n%s", n, frames, diff)
		}
		if l.count.sent != uint64(n) {
			t.Errorf("%d counted, want %d", l.count.sent, n)
		}
	}
}

// Control frames stay frames between the arrays.
func TestBatchControlFrames(t *testing.T) {
	l := newBareLoop(t, Config{})
	sock := &fakeSocket{room: -1}
	c := attachBatch(l, sock)
	c.reply(raw(`"one"`))
	c.reply(raw(`"two"`))
	c.ping()
	offer(c, laneNormal, nil, `"three"`)
	offer(c, laneNormal, nil, `"four"`)
	l.flushAll()
	var got []string
	for _, f := range sock.frames(t) {
		got = append(got, fmt.Sprint(f.Header.OpCode == ws.OpText, string(f.Payload)))
	}
	want := []string{`true["one","two"]`, `false`, `true["three","four"]`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type raw string

func (r raw) AppendJSON(dst []byte) []byte { return append(dst, r...) }

// Large messages and long queues are split into several frames, none of them
// much larger than a chunk.
func TestBatchChunks(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 10_000}})
	sock := &fakeSocket{room: -1}
	c := attachBatch(l, sock)
	var want []string
	for i := range 200 {
		size := 300
		if i%50 == 10 {
			size = 2 * flushChunk
		}
		want = append(want, fmt.Sprintf(`{"n":%d,"pad":%q}`, i, strings.Repeat("x", size)))
		offer(c, laneNormal, nil, want[i])
	}
	l.flushAll()
	got, frames := sock.unbatched(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if frames < 8 || frames > 16 {
		t.Errorf("%d frames", frames)
	}
	for _, s := range sock.sends {
		if len(s) > flushChunk+flushChunk/2 && len(s) < 2*flushChunk {
			t.Errorf("an array of %d bytes", len(s))
		}
	}
}

// A socket that takes the array in pieces, or nothing of it, gets every byte
// once; what it has not begun can still be dropped.
func TestBatchPieces(t *testing.T) {
	want := []string{`{"a":1}`, `{"b":22}`, `{"c":333}`}
	for room := range 40 {
		l := newBareLoop(t, Config{})
		sock := &fakeSocket{room: room}
		c := attachBatch(l, sock)
		for _, m := range want {
			offer(c, laneNormal, nil, m)
		}
		l.flushAll()
		for c.out != nil {
			sock.room = 1 + room%3
			c.writable()
		}
		got, frames := sock.unbatched(t)
		if diff := cmp.Diff(want, got); diff != "" || frames != 1 || l.count.sent != 3 {
			t.Errorf("room %d: %d frames, %d counted (-want +got):\n%s", room, frames, l.count.sent, diff)
		}
	}
}

// Until the socket has taken its first byte an array is not made: a full queue
// drops the oldest and tells so.
func TestBatchOverflow(t *testing.T) {
	l := newBareLoop(t, Config{Queue: Queue{Messages: 3}})
	sock := &fakeSocket{}
	c := attachBatch(l, sock)
	a := enter(c, "a")
	offer(c, laneNormal, a, `{"n":0}`)
	offer(c, laneNormal, a, `{"n":1}`)
	l.flushAll()
	c.exhaustGrace()
	for i := 2; i < 5; i++ {
		offer(c, laneNormal, a, fmt.Sprintf(`{"n":%d}`, i))
	}
	sock.resume(l, c)
	got, frames := sock.unbatched(t)
	want := []string{`{"type":"gap","channel":"a","lost":2,"reason":"slow"}`, `{"n":2}`, `{"n":3}`, `{"n":4}`}
	if diff := cmp.Diff(want, got); diff != "" || frames != 1 {
		t.Errorf("%d frames (-want +got):\n%s", frames, diff)
	}
}
