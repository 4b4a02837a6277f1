package outcry

import (
	"bytes"

	"github.com/outcry-dev/outcry/internal/wire"
)

// batched is what a client that asked for batch=1 gets of the frames that were
// gathered: their first messages as one JSON array, or a control frame alone.
// A message that is alone stays as it is.
func (l *loop) batched(frames []byte, picks []pick) ([]byte, []pick) {
	if len(picks) == 1 {
		return frames, picks
	}
	array := append(wire.BeginFrame(l.array), '[')
	n, end := 0, 0
	for _, p := range picks {
		frame := frames[end : end+p.size]
		if wire.Opcode(frame[0]&0x0f) != wire.OpText {
			break
		}
		if n > 0 {
			array = append(array, ',')
		}
		array = append(array, wire.Payload(frame)...)
		n++
		end += p.size
	}
	l.array = array
	if n < 2 {
		return frames[:picks[0].size], picks[:1]
	}
	return wire.EndFrame(append(array, ']'), wire.OpText), picks[:n]
}

// settleArray is settle for an array of messages: as soon as the socket took
// its first byte none of them can be replaced any more.
func (c *conn) settleArray(n int, array []byte, picks []pick) {
	if n == 0 {
		return
	}
	o, l := c.out, c.loop
	for _, p := range picks {
		o.take(p.lane, l.now)
	}
	o.moved(n, n == len(array))
	if n < len(array) {
		o.rest, o.begun = bytes.Clone(array[n:]), len(picks)
		return
	}
	l.count.sent += uint64(len(picks))
}
