package outcry

import (
	"net/http"
	"net/url"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// transfer is how messages travel on one connection, as its client asked for.
type transfer struct {
	deflate    wire.Deflate
	extensions string // the answer to what the client offered; empty: none
	batch      bool   // several messages may be sent as one JSON array
}

// transfer reads the switches batch and compress of a request's query and its
// offers of compression.
func (n *Node) transfer(r *http.Request, query url.Values) (t transfer, err error) {
	if t.batch, err = toggle(query, "batch", false); err != nil {
		return t, err
	}
	compress, err := toggle(query, "compress", true)
	if err != nil || !compress || n.compression.deflater == nil {
		return t, err
	}
	if d, response, ok := wire.NegotiateDeflate(r.Header["Sec-Websocket-Extensions"]); ok {
		t.deflate, t.extensions = d, response
	}
	return t, nil
}

// toggle reads a switch that is 0 or 1.
func toggle(query url.Values, name string, absent bool) (bool, error) {
	switch v := query.Get(name); v {
	case "":
		return absent, nil
	case "0", "1":
		return v == "1", nil
	default:
		return false, protocol.Errorf(protocol.CodeBadRequest, "%s must be 0 or 1", name)
	}
}

// apply settles it for c.
func (t transfer) apply(c *conn) {
	c.deflate = t.deflate
	if t.batch {
		c.flags |= flagBatch
	}
}
