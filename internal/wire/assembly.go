package wire

import (
	"unicode/utf8"
	"unsafe"

	"github.com/gobwas/ws"
)

// Assembly is the part of a message, of a frame or of a header that a
// connection has received so far. It grows with the bytes that arrive, not with
// those that are announced, to at most twice as many.
//
// Next makes one when a read ends within a message and drops it when the
// message is complete. A non-nil Assembly thus means that a message is under
// way, and another pointer means another message: enough to run a deadline by.
//
// The zero value is empty, a nil pointer is as good. It belongs to the
// goroutine that calls Next.
type Assembly struct {
	head [ws.MaxHeaderSize]byte // the start of a header that is not complete
	held uint8                  // bytes of head

	op         Opcode // of the data message under way, None without one
	compressed bool   // that message is
	frames     int    // of it, the present one included
	data       []byte // its payload, unmasked
	text       int    // of an OpText message not compressed: bytes of data found to be UTF-8

	frame   header // whose payload is not complete
	done    int    // bytes received of it
	control []byte // payload of frame if it is a control frame, unmasked
}

// Size is the memory that a occupies, in bytes.
func (a *Assembly) Size() int {
	if a == nil {
		return 0
	}
	return int(unsafe.Sizeof(*a)) + cap(a.data) + cap(a.control)
}

// open returns *a, made if there was none.
func open(a **Assembly) *Assembly {
	if *a == nil {
		*a = new(Assembly)
	}
	return *a
}

// inFrame reports whether a frame's payload is awaited.
func (a *Assembly) inFrame() bool { return a != nil && a.done < a.frame.length }

// inMessage reports whether a data message is under way.
func (a *Assembly) inMessage() bool { return a != nil && a.op != None }

// state is what the next header has to be checked against.
func (a *Assembly) state() ws.State {
	if a.inMessage() {
		return ws.StateServerSide | ws.StateFragmented
	}
	return ws.StateServerSide
}

// room is how many bytes the message under way, or a new one, may still take
// if it is not compressed.
func (a *Assembly) room(lim *Limits) int {
	if a == nil {
		return max(0, lim.MessageSize)
	}
	return max(0, lim.MessageSize-len(a.data))
}

// tooMuch is what is wrong with the length of a data frame for which there is
// no room: nothing, if it is a compressed message's and has room as such.
func (a *Assembly) tooMuch(length uint64, compressed bool, lim *Limits) error {
	have := 0
	if a != nil {
		have, compressed = len(a.data), compressed || a.compressed
	}
	most := lim.sent(compressed)
	switch {
	case !compressed || length > uint64(most):
		return sizeError()
	case length > uint64(max(0, most-have)):
		return closeError(ws.StatusPolicyViolation, "too many bytes of compressed fragments")
	default:
		return nil
	}
}

// joinHead returns bytes that begin with the next header: buf, or as much of it
// as continues the header that a holds the start of.
func (a *Assembly) joinHead(buf []byte) []byte {
	if a == nil || a.held == 0 {
		return buf
	}
	n := copy(a.head[a.held:], buf)
	return a.head[:int(a.held)+n]
}

// keepHead holds the start of a header, as joinHead returned it.
func (a *Assembly) keepHead(head []byte) {
	a.held = uint8(copy(a.head[:], head))
}

// dropHead lets go of the header and returns how many bytes of it were held.
func (a *Assembly) dropHead() (held int) {
	if a == nil {
		return 0
	}
	held, a.held = int(a.held), 0
	return held
}

// beginFrame expects the payload of h.
func (a *Assembly) beginFrame(h header) {
	a.frame, a.done = h, 0
	if h.op.IsControl() {
		return
	}
	a.frames++
	if h.op != OpContinuation {
		a.op, a.compressed = h.op, h.compressed
	}
}

// fill takes what buf has of the frame's payload and returns what follows it. m
// is the message that this completes, if it does.
func (a *Assembly) fill(buf []byte, lim *Limits) (m Message, rest []byte, err error) {
	n := min(a.frame.length-a.done, len(buf))
	payload, rest := buf[:n], buf[n:]
	if a.frame.op.IsControl() {
		a.control = a.take(a.control, payload, a.frame.length)
		if a.inFrame() {
			return Message{}, rest, nil
		}
		m, a.control = Message{Op: a.frame.op, Payload: a.control}, nil
		return m, rest, nil
	}
	most := lim.sent(a.compressed)
	if a.frame.final {
		most = len(a.data) + (a.frame.length - a.done)
	}
	a.data = a.take(a.data, payload, most)
	final := a.frame.final && !a.inFrame()
	if a.op == OpText && !a.compressed && !a.checkText(final) {
		return Message{}, nil, textError()
	}
	if !final {
		return Message{}, rest, nil
	}
	m, a.op = Message{Op: a.op, Payload: a.data}, None // the end of a: Next drops it
	if a.compressed {
		m, err = lim.Inflater.message(m, lim.MessageSize)
	}
	return m, rest, err
}

// take unmasks a piece of the frame's payload onto the end of dst, which will
// not become longer than most.
func (a *Assembly) take(dst, payload []byte, most int) []byte {
	from := len(dst)
	dst = append(grow(dst, len(payload), most), payload...)
	ws.Cipher(dst[from:], a.frame.mask, a.done)
	a.done += len(payload)
	return dst
}

// grow makes room for n more bytes in b. Capacity doubles, for a message of
// many pieces would otherwise be copied once for each, but stops at most.
func grow(b []byte, n, most int) []byte {
	need := len(b) + n
	if need <= cap(b) {
		return b
	}
	return append(make([]byte, 0, max(need, min(2*cap(b), most))), b...)
}

// checkText reports whether what has been added to data is UTF-8 so far: a code
// point may be cut off at the end, unless that is final.
func (a *Assembly) checkText(final bool) bool {
	added := a.data[a.text:]
	n := len(added)
	if !final {
		n -= cutOff(added)
	}
	a.text += n
	return utf8.Valid(added[:n])
}

// cutOff returns the length of the incomplete code point at the end of b.
func cutOff(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		last := b[len(b)-n:]
		if !utf8.RuneStart(last[0]) {
			continue
		}
		if utf8.FullRune(last) {
			return 0
		}
		return n
	}
	return 0
}
