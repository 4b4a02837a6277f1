package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/klauspost/compress/flate"
)

// Inflater decompresses messages of any number of connections, one after the
// other. It keeps some 40 KB, and at most 128 KB more for the next messages. It
// belongs to one goroutine.
type Inflater struct {
	from decompressor // of in
	in   bytes.Reader // of raw
	raw  []byte       // a message as it was sent, and inflateTail
	out  []byte       // a message inflated; only its capacity is kept
}

type decompressor interface {
	io.Reader
	flate.Resetter
}

// NewInflater returns an Inflater.
func NewInflater() *Inflater {
	z := new(Inflater)
	z.from = flate.NewReader(&z.in).(decompressor)
	return z
}

const (
	deflateTail = "\x00\x00\xff\xff"     // ends every message and is not sent; RFC 7692 section 7.2.1
	finalBlock  = "\x01\x00\x00\xff\xff" // without which a stream is cut off
	inflateTail = deflateTail + finalBlock

	firstInflated = 4 << 10  // capacity of out at first
	keptInflated  = 64 << 10 // the largest capacity of raw and of out that is kept
)

// message inflates m, a data message as it was sent. The new payload is z's
// memory, used again for the next one.
func (z *Inflater) message(m Message, limit int) (Message, error) {
	payload, err := z.inflate(m.Payload, limit)
	if err != nil {
		return Message{}, err
	}
	if m.Op == OpText && !utf8.Valid(payload) {
		return Message{}, textError()
	}
	m.Payload = payload
	return m, nil
}

// inflate returns what sent was made from. A message without any block, even
// the empty one, is not quite by the RFC, but can only mean the empty message.
func (z *Inflater) inflate(sent []byte, limit int) ([]byte, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	z.raw = append(append(grow(z.raw[:0], len(sent)+len(inflateTail), 0), sent...), inflateTail...)
	z.in.Reset(z.raw)
	out, err := z.readAll(min(max(0, limit), math.MaxInt-1))
	z.in.Reset(nil) // or it would keep raw
	if z.out = out; cap(out) > keptInflated {
		z.out = nil
	}
	if cap(z.raw) > keptInflated {
		z.raw = nil
	}
	if err != nil {
		return nil, err
	}
	return slices.Clip(out), nil
}

// readAll inflates all of z.in. It takes at most one byte more than limit from
// the decompressor, which itself works ahead by up to a window of 32 KiB, and
// needs memory for what comes out, not for what may.
//
// A stream ends with a block that has BFINAL set. Another may follow, which
// begins with the next byte and knows nothing of it; RFC 7692 section 7.2.1.
func (z *Inflater) readAll(limit int) (out []byte, err error) {
	if out = z.out[:0]; cap(out) == 0 {
		out = make([]byte, 0, min(firstInflated, limit+1))
	}
	for {
		out, err = z.readStream(out, limit)
		if err != nil || z.in.Len() == 0 {
			return out, err
		}
	}
}

// readStream inflates one stream onto the end of out.
func (z *Inflater) readStream(out []byte, limit int) ([]byte, error) {
	n, err := 0, z.from.Reset(&z.in, nil)
	for err == nil {
		out = grow(out, 1, limit+1)
		n, err = z.from.Read(out[len(out):min(cap(out), limit+1)])
		out = out[:len(out)+n]
		if len(out) > limit {
			return out, sizeError()
		}
	}
	if !errors.Is(err, io.EOF) || n > 0 && z.tookTail(out) {
		return out, closeError(ws.StatusInvalidFramePayloadData, "compressed data is corrupt")
	}
	return out, nil
}

// tookTail reports whether a block that was cut off took deflateTail for its
// own data. It is asked when a stream ended and its last read brought
// something. For a message that is whole that read brings nothing: the
// decompressor hands out what it has already for the empty block that
// deflateTail completes, unless that has BFINAL set and thus ends the stream.
func (z *Inflater) tookTail(out []byte) bool {
	switch z.in.Len() {
	case 0:
		return true
	case len(finalBlock):
		return bytes.HasSuffix(out, []byte(deflateTail))
	default:
		return false
	}
}
