package outcry

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/outcry-dev/outcry/internal/wire"
)

// compression is the sending half of permessage-deflate. No window outlives a
// message (no_context_takeover), so that one compressed frame serves all who
// negotiated it. Safe for concurrent use.
type compression struct {
	deflater *wire.Deflater // nil: off
	minSize  int
	clients  atomic.Int64 // connections that may receive compressed frames
}

func newCompression(c Compression) *compression {
	if !c.Enabled {
		return &compression{}
	}
	return &compression{deflater: wire.NewDeflater(c.Level), minSize: c.MinSize}
}

// compressAhead is the payload, in bytes, from which on a publisher compresses
// and not the first Loop that needs it: a Loop must not be busy for long.
const compressAhead = 32 << 10

// packed is the compressed frame of a publication, made when the first client
// comes that can have it.
type packed struct {
	once  sync.Once
	frame []byte // nil: compressing gains nothing
}

// suits reports whether p is ever to be compressed.
func (z *compression) suits(p *Publication) bool {
	return z.deflater != nil && !p.secret && p.size() >= z.minSize && !private(p.Channel)
}

// frame returns p's compressed frame, or nil if it would not be smaller. The
// first call does the work, others wait for it.
func (z *compression) frame(p *Publication) []byte {
	p.packed.once.Do(func() {
		if f := z.deflater.AppendFrame(nil, wire.OpText, p.Payload()); len(f) < len(p.frame) {
			p.packed.frame = f
		}
	})
	return p.packed.frame
}

// ahead compresses a large p on the publisher's goroutine, if there are clients
// that may take it so and subscribers.
func (n *Node) ahead(p *Publication) {
	z := n.compression
	if p.size() >= compressAhead && z.suits(p) && z.clients.Load() > 0 && n.listened(p.Channel) {
		z.frame(p)
	}
}

// listened reports whether a channel has subscribers now.
func (n *Node) listened(channel string) bool {
	return channel == channelAll || n.interest.has(channel)
}

// private reports whether an internal channel reaches one user only. What goes
// there may hold secrets beside what the user himself wrote, and the size of a
// compressed text tells whether they agree.
func private(channel string) bool { return strings.HasPrefix(channel, prefixUser) }

// takesCompressed reports whether c may be sent compressed frames. Arrays are
// made for one client alone and are sent as they are.
func (c *conn) takesCompressed() bool {
	return c.deflate.WindowBits != 0 && !c.flags.has(flagBatch)
}

// frameOf is the frame by which c gets p.
func (c *conn) frameOf(p *Publication) []byte {
	if !c.takesCompressed() {
		return p.frame
	}
	z := c.loop.node.compression
	if z.suits(p) && c.deflate.Fits(p.size()) {
		if f := z.frame(p); f != nil {
			return f
		}
	}
	return p.frame
}

// inflaterFor returns the Loop's inflater if c negotiated compression. It is
// made for the first such client.
func (l *loop) inflaterFor(c *conn) *wire.Inflater {
	if c.deflate.WindowBits == 0 {
		return nil
	}
	if l.inflater == nil {
		l.inflater = wire.NewInflater()
	}
	return l.inflater
}
