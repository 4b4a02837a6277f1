package gobwas

import (
	"errors"
	"net"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/bench/hub"
)

// webHub is Hub behind Go's own HTTP server: only how a connection begins is
// different. It is safe for concurrent use.
type webHub struct {
	Hub
	server *http.Server
}

var _ hub.Hub = (*webHub)(nil)

func newWebHub() *webHub {
	h := &webHub{}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: handshake}
	return h
}

// Serve implements hub.Hub.
func (h *webHub) Serve(ln net.Listener) error {
	if err := h.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close implements hub.Hub.
func (h *webHub) Close() error { return errors.Join(h.server.Close(), h.Hub.Close()) }

// ServeHTTP serves one connection until it ends. Its goroutine, which has had
// to parse the request, makes way for one with a small stack.
func (h *webHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, rw, _, err := ws.HTTPUpgrader{Timeout: handshake}.Upgrade(r, w)
	if err != nil {
		return // it has answered
	}
	c := &client{hub: &h.Hub, conn: conn}
	if !h.clients.Enter(c) {
		c.close()
		return
	}
	if rw.Reader.Buffered() > 0 { // what came with the request
		go c.serve(rw.Reader)
	} else {
		go c.serve(conn)
	}
}
