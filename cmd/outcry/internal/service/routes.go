package service

import (
	"io"
	"net/http"
	"strings"
)

// publicRoutes is what clients reach. Paths that hold names go past the mux,
// which would redirect "a//b", a name like any other, to "a/b".
func (s *Service) publicRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws", s.node)
	mux.Handle("/healthz", s.api)
	mux.Handle("/healthz/detailed", s.api)
	mux.Handle("/readyz", s.api)
	if s.cfg.Dev && s.cfg.Page != nil {
		mux.Handle("/", s.cfg.Page)
	} else {
		mux.HandleFunc("/", notFound)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/"):
			s.api.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/ws/"):
			s.node.ServeHTTP(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// adminRoutes is what the operator reaches.
func (s *Service) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", s.api)
	mux.Handle("/readyz", s.api)
	mux.HandleFunc("/", notFound)
	return mux
}

// notFound answers as the API does where there is nothing.
func notFound(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusNotFound)
	// The client is gone if this fails, and nobody is left to tell.
	_, _ = io.WriteString(w, `{"error":{"code":"not_found","message":"nothing is served at this path"}}`+"\n")
}
