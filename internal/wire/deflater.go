package wire

import (
	"bytes"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Deflater compresses messages, each for itself, so that a frame it makes can
// be sent to every connection whose Deflate the message fits. Its compressors
// are reused and freed with the garbage when there is little to do. Safe for
// concurrent use.
type Deflater struct {
	level int
	idle  sync.Pool // of *compressor
}

// NewDeflater returns a Deflater of a level from 1, the fastest, to 9, which
// compresses most. Another level stands for the nearest of them.
func NewDeflater(level int) *Deflater {
	return &Deflater{level: min(max(flate.BestSpeed, level), flate.BestCompression)}
}

// AppendFrame appends the complete frame, final and unmasked, of a message that
// is sent compressed. The frame may be larger than the plain one.
func (d *Deflater) AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	c, ok := d.idle.Get().(*compressor)
	if !ok {
		c = newCompressor(d.level)
	}
	sent := c.deflate(payload)
	start := len(dst)
	dst = AppendHeader(slices.Grow(dst, HeaderSize(len(sent))+len(sent)), op, len(sent))
	dst[start] |= rsv1
	dst = append(dst, sent...)
	c.trim()
	d.idle.Put(c)
	return dst
}

// compressor makes one message at a time.
type compressor struct {
	flate *flate.Writer // to out
	out   bytes.Buffer
}

func newCompressor(level int) *compressor {
	c := new(compressor)
	c.flate, _ = flate.NewWriter(&c.out, level) // fails for a wrong level only
	return c
}

// deflate returns what is sent of payload, in c's memory; RFC 7692 section
// 7.2.1. A write to out never fails.
func (c *compressor) deflate(payload []byte) []byte {
	c.out.Reset()
	c.flate.Reset(&c.out)
	_, _ = c.flate.Write(payload)
	_ = c.flate.Flush()
	return bytes.TrimSuffix(c.out.Bytes(), []byte(deflateTail))
}

// trim lets go of memory that only a large message needs.
func (c *compressor) trim() {
	if c.out.Cap() > keptDeflated {
		c.out = bytes.Buffer{}
	}
}

const keptDeflated = 64 << 10 // the largest capacity of a compressor's out that is kept
