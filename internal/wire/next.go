package wire

import (
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Next takes the first message out of buf and returns what of buf follows it.
// If the message's Op is None, all of buf was used up and more is needed.
//
// *a is what the connection keeps between reads: nil at first and whenever
// nothing is pending. Next replaces it. It never keeps buf, but changes it.
//
// Text is checked as it arrives, so that bytes that can no longer become UTF-8
// are an error even if their frame is not complete. Only a compressed message
// is inflated and checked when all of it is there. An error is always a
// *CloseError; neither after an error nor after OpClose may Next be called
// again for the same connection.
func Next(a **Assembly, buf []byte, lim Limits) (m Message, rest []byte, err error) {
	// Within, limits go by pointer: copied from call to call they were 3 ns of 60.
	for m.Op == None && len(buf) > 0 {
		if (*a).inFrame() {
			m, buf, err = (*a).fill(buf, &lim)
		} else {
			m, buf, err = begin(a, buf, &lim)
		}
		if err != nil {
			*a = nil
			return Message{}, nil, err
		}
	}
	if m.Op != None && !(*a).inMessage() {
		*a = nil
	}
	return m, buf, nil
}

// begin reads a frame's header and as much of its payload as there is.
func begin(a **Assembly, buf []byte, lim *Limits) (m Message, rest []byte, err error) {
	head := (*a).joinHead(buf)
	h, size, err := (*a).parseHeader(head, lim)
	if err != nil {
		return Message{}, nil, err
	}
	if size == 0 {
		open(a).keepHead(head)
		return Message{}, nil, nil
	}
	buf = buf[size-(*a).dropHead():]
	whole := h.op.IsControl() || h.final && h.op != OpContinuation
	if whole && h.length <= len(buf) {
		m, err = inPlace(h, buf[:h.length:h.length])
		if h.compressed {
			m, err = lim.Inflater.message(m, lim.MessageSize)
		}
		return m, buf[h.length:], err
	}
	open(a).beginFrame(h)
	return (*a).fill(buf, lim)
}

// inPlace makes a message of one complete frame.
func inPlace(h header, payload []byte) (Message, error) {
	ws.Cipher(payload, h.mask, 0)
	if h.op == OpText && !h.compressed && !utf8.Valid(payload) {
		return Message{}, textError()
	}
	return Message{Op: h.op, Payload: payload}, nil
}
