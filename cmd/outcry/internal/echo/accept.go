package echo

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/wire"
)

// ServeHTTP upgrades any path and hands the connection to a loop.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.RLock()
	defer s.requests.RUnlock()
	if s.ended {
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "close, Upgrade")
		http.Error(w, "this is a WebSocket echo; connect with a WebSocket client", http.StatusUpgradeRequired)
		return
	}
	if err := s.upgrade(w, r); err != nil {
		s.Logger.Warn("upgrade", slog.String("remote", r.RemoteAddr), slog.String("error", err.Error()))
	}
}

func (s *server) upgrade(w http.ResponseWriter, r *http.Request) error {
	up := ws.HTTPUpgrader{Timeout: handshakeTimeout}
	deflate, answer, ok := wire.NegotiateDeflate(r.Header["Sec-Websocket-Extensions"])
	if ok {
		up.Header = http.Header{"Sec-WebSocket-Extensions": {answer}}
	}
	nc, rw, _, err := up.Upgrade(r, w)
	if err != nil {
		if nc != nil { // it is hijacked before the request is checked
			err = errors.Join(err, nc.Close())
		}
		return err
	}
	p := peer{nc: nc, deflate: deflate}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Peek(n) // what is buffered cannot fail
		p.early = append(p.early, early...)
	}
	l := s.loops[int(s.next.Add(1))%len(s.loops)]
	if !l.take(p) {
		return nc.Close()
	}
	return nil
}
