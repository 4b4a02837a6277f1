package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/protocol"
)

// Prefix is the path below which every call needs a key.
const Prefix = "/api/v1"

const (
	defaultMaxBody      = 1<<20 + 64<<10 // one message of 1 MiB and its envelope
	defaultMaxBatchBody = 10 << 20
	defaultBodyTimeout  = 10 * time.Second
)

// Config says how an API behaves. Node is required; every other zero value is
// the documented default.
type Config struct {
	Node *outcry.Node
	// Keys are the secrets that open the API, each 8 to 512 printable ASCII
	// characters. Without a key and without Insecure every call is answered
	// 401.
	Keys []string
	// Insecure opens the API to callers without a key; for development on a
	// loopback address. Pages of other origins are still refused.
	Insecure bool
	// Version is what /status calls this build. Default: "dev".
	Version string
	// MaxBody bounds a request body in bytes. Default: 1 MiB and 64 KiB.
	MaxBody int64
	// MaxBatchBody is the bound for /publish/batch. Default: 10 MiB, or MaxBody
	// where that is more.
	MaxBatchBody int64
	// BodyTimeout bounds the time from the first to the last byte of a body.
	// Default: 10 s.
	BodyTimeout time.Duration
	// Logger receives panics and internal errors. Default: slog.Default().
	Logger *slog.Logger
}

// API is an http.Handler for /api/v1/..., /healthz, /healthz/detailed and
// /readyz. It is safe for concurrent use.
type API struct {
	cfg      Config
	log      *slog.Logger
	keys     keyring
	foreign  *http.CrossOriginProtection
	mux      *http.ServeMux
	document jsontext.Value
	started  time.Time
	panics   atomic.Uint64
}

// New validates cfg and returns an API. It logs one warning when the API is
// open to everybody or to nobody.
func New(cfg Config) (*API, error) {
	keys, err := newKeyring(cfg.Keys)
	if cfg.Node == nil {
		err = errors.Join(errors.New("httpapi: Config.Node is nil"), err)
	}
	if cfg.MaxBody < 0 || cfg.MaxBatchBody < 0 || cfg.BodyTimeout < 0 {
		err = errors.Join(err, errors.New("httpapi: MaxBody, MaxBatchBody and BodyTimeout must not be negative"))
	}
	if err != nil {
		return nil, err
	}
	cfg = withDefaults(cfg)
	document, err := openAPI()
	if err != nil {
		return nil, err
	}
	a := &API{
		cfg: cfg, log: cfg.Logger, keys: keys, document: document, started: time.Now(),
		foreign: http.NewCrossOriginProtection(),
	}
	a.mux = newMux(a.routes(), a.serve)
	switch {
	case cfg.Insecure:
		a.log.Warn("http api is open to everybody")
	case len(keys) == 0:
		a.log.Warn("http api has no key and refuses every call")
	}
	return a, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = defaultMaxBody
	}
	if cfg.MaxBatchBody == 0 {
		cfg.MaxBatchBody = max(defaultMaxBatchBody, cfg.MaxBody)
	}
	if cfg.BodyTimeout == 0 {
		cfg.BodyTimeout = defaultBodyTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Keys = nil // the keyring holds what is needed of them
	return cfg
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	r = foldChannel(r)
	defer a.recover(w, r)
	guardBody(w, r, a.cfg.BodyTimeout)

	if err := a.admit(r); err != nil {
		a.fail(w, r, err)
		return
	}
	if p := r.URL.EscapedPath(); path.Clean(p) != p {
		// ServeMux would answer with a redirect, which loses a POST's body and
		// may name another resource.
		a.fail(w, r, noSuchPath(r))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// admit decides whether a request may be looked at at all.
func (a *API) admit(r *http.Request) error {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		return nil
	}
	if err := refuseKeyInURL(r.URL); err != nil {
		return err
	}
	if !a.cfg.Insecure {
		return a.keys.check(r.Header)
	}
	if a.foreign.Check(r) != nil {
		return protocol.Errorf(protocol.CodeForbidden,
			"a page of another origin may not call this API; call it from your server")
	}
	return nil
}

// recover answers 500 after a panic in a handler. Handlers return before
// anything is written, so the answer is never mixed with another.
func (a *API) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	a.panics.Add(1)
	a.log.Error("http handler panicked", slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	a.fail(w, r, internalError())
}
