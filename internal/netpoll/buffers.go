package netpoll

import "sync"

// Sizes of what the goroutine driver reads and writes at a time. An idle
// connection keeps one small buffer for the read it waits in.
const (
	smallBuffer = 1 << 10  // most of what clients send fits
	largeBuffer = 16 << 10 // a whole TLS record, and the most one Send takes
)

// buffers lends blocks of the two sizes. Safe for concurrent use.
type buffers struct {
	small sync.Pool // of *[smallBuffer]byte
	large sync.Pool // of *[largeBuffer]byte
}

// take returns a buffer of the smallest size that holds n bytes, n ≤ largeBuffer.
func (b *buffers) take(n int) []byte {
	if n <= smallBuffer {
		if a, ok := b.small.Get().(*[smallBuffer]byte); ok {
			return a[:]
		}
		return make([]byte, smallBuffer)
	}
	if a, ok := b.large.Get().(*[largeBuffer]byte); ok {
		return a[:]
	}
	return make([]byte, largeBuffer)
}

// give takes back what take returned, whatever its length is now.
func (b *buffers) give(buf []byte) {
	buf = buf[:cap(buf)]
	if len(buf) == smallBuffer {
		b.small.Put((*[smallBuffer]byte)(buf))
		return
	}
	b.large.Put((*[largeBuffer]byte)(buf))
}
