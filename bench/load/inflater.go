package load

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// remembered is how many compressed messages an inflater remembers.
const remembered = 16

// deflateTail ends a message that was compressed by itself: the four bytes
// that RFC 7692 section 7.2.1 has removed, and an empty last block.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflater undoes permessage-deflate without context takeover. All clients get
// the same bytes of a publication, so each is inflated once and looked up after
// that: the clients cost little, and every byte is still compared. It belongs to
// one goroutine.
type inflater struct {
	in     bytes.Buffer
	flate  io.ReadCloser
	recent [remembered]struct{ packed, plain []byte }
	next   int
}

// inflate returns what a message says. The text is valid until remembered
// other messages have come.
func (f *inflater) inflate(packed []byte) ([]byte, error) {
	for i := range f.recent {
		if r := &f.recent[i]; bytes.Equal(r.packed, packed) {
			return r.plain, nil
		}
	}
	f.in.Reset()
	f.in.Write(packed)
	f.in.WriteString(deflateTail)
	if f.flate == nil {
		f.flate = flate.NewReader(&f.in)
	} else if err := f.flate.(flate.Resetter).Reset(&f.in, nil); err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(f.flate, maxFrame))
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	r := &f.recent[f.next]
	f.next = (f.next + 1) % remembered
	r.packed = append(r.packed[:0], packed...)
	r.plain = plain
	return plain, nil
}
