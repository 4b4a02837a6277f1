package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	askTimeout     = 5 * time.Second // the Loops' time to answer a question
	publishTimeout = time.Second     // a publication's time to find room
	batchTimeout   = 5 * time.Second
)

// route is one operation: a row of the table that the mux, the OpenAPI test
// and the documentation share.
type route struct {
	method string
	path   string // as OpenAPI and ServeMux write it
	query  []string
	// body is the largest body in bytes; 0: the operation takes none.
	body    int64
	timeout time.Duration
	serve   func(ctx context.Context, rq *request) (reply, error)
}

// request is what a handler sees of a call.
type request struct {
	*http.Request
	query url.Values
	body  []byte
}

// routes is the table of operations.
func (a *API) routes() []route {
	page := []string{"after", "limit"}
	body, batch := a.cfg.MaxBody, a.cfg.MaxBatchBody
	api := []route{
		{"POST", "/publish", nil, body, publishTimeout, a.publish},
		{"POST", "/publish/batch", nil, batch, batchTimeout, a.publishBatch},
		// One second for room, one for the Loops' counts.
		{"POST", "/broadcast", nil, body, 2 * time.Second, a.broadcast},
		{"GET", "/status", nil, 0, askTimeout, a.status},
		{"GET", "/stats", nil, 0, askTimeout, a.stats},
		{"GET", "/channels", page, 0, askTimeout, a.listChannels},
		{"GET", "/channels/{name}", page, 0, askTimeout, a.showChannel},
		{"GET", "/channels/{name}/presence", page, 0, askTimeout, a.showPresence},
		{"GET", "/channels/{name}/history", []string{"since", "limit"}, 0, askTimeout, a.showHistory},
		{"GET", "/clients", page, 0, askTimeout, a.listClients},
		{"GET", "/clients/{id}", nil, 0, askTimeout, a.showClient},
		{"DELETE", "/clients/{id}", []string{"code", "reason"}, 0, askTimeout, a.disconnect},
		{"POST", "/subscribe", nil, body, askTimeout, a.subscribe},
		{"POST", "/unsubscribe", nil, body, askTimeout, a.unsubscribe},
		{"GET", "/groups/{group}/users", page, 0, askTimeout, a.listMembers},
		{"GET", "/groups/{group}/users/{user}", nil, 0, askTimeout, a.showMember},
		{"PUT", "/groups/{group}/users/{user}", nil, 0, askTimeout, a.addMember},
		{"DELETE", "/groups/{group}/users/{user}", nil, 0, askTimeout, a.removeMember},
		{"GET", "/openapi.json", nil, 0, askTimeout, a.openAPI},
	}
	for i := range api {
		api[i].path = Prefix + api[i].path
	}
	return append(api,
		route{"GET", "/healthz", nil, 0, askTimeout, a.alive},
		route{"GET", "/healthz/detailed", nil, 0, time.Second, a.detailed},
		route{"GET", "/readyz", nil, 0, askTimeout, a.ready},
	)
}

// newMux registers the table: one pattern per path, which tells the methods
// apart itself, so that a wrong one is answered in JSON.
func newMux(routes []route, serve func(http.ResponseWriter, *http.Request, endpoint)) *http.ServeMux {
	endpoints := make(map[string]endpoint)
	for _, rt := range routes {
		if endpoints[rt.path] == nil {
			endpoints[rt.path] = make(endpoint)
		}
		endpoints[rt.path][rt.method] = rt
	}
	mux := http.NewServeMux()
	for pattern, e := range endpoints {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(w, r, e) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { serve(w, r, nil) })
	return mux
}

// endpoint is the operations of one path by method.
type endpoint map[string]route

// allow lists the methods for the Allow header.
func (e endpoint) allow() string {
	methods := []string{"OPTIONS"}
	for m := range e {
		methods = append(methods, m)
		if m == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// serve answers one request to e; e is nil where no path matched.
func (a *API) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	if e == nil {
		a.fail(w, r, noSuchPath(r))
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http drops the body
	}
	rt, ok := e[method]
	switch {
	case ok:
		a.run(w, r, rt)
	case method == http.MethodOptions:
		w.Header().Set("Allow", e.allow())
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", e.allow())
		a.fail(w, r, protocol.Errorf(protocol.CodeMethodNotAllowed,
			"method %s is not supported here; use %s", clip(r.Method), e.allow()))
	}
}

// run carries a request through a route.
func (a *API) run(w http.ResponseWriter, r *http.Request, rt route) {
	rq := &request{Request: r}
	var err error
	if rq.query, err = parseQuery(r.URL.RawQuery, rt.query); err != nil {
		a.fail(w, r, err)
		return
	}
	if rt.body > 0 {
		if rq.body, err = readBody(w, r, rt.body); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), rt.timeout)
	defer cancel()
	answer, err := rt.serve(ctx, rq)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.send(w, r, answer)
}

// foldChannel turns the slashes of a channel name in the path into %2F, so
// that /channels/a/b/presence and /channels/a%2Fb/presence are one resource
// and the name is one segment for ServeMux. A last segment "presence" or
// "history" is the sub-resource; a name that ends so has to escape its slash.
func foldChannel(r *http.Request) *http.Request {
	const parent = Prefix + "/channels/"
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), parent)
	if !ok || !strings.Contains(rest, "/") {
		return r
	}
	name, sub := rest, ""
	if i := strings.LastIndexByte(rest, '/'); i > 0 && (rest[i:] == "/presence" || rest[i:] == "/history") {
		name, sub = rest[:i], rest[i:]
	}
	folded := *r
	u := *r.URL
	u.RawPath = parent + strings.ReplaceAll(name, "/", "%2F") + sub
	folded.URL = &u
	return &folded
}

func noSuchPath(r *http.Request) error {
	return protocol.Errorf(protocol.CodeNotFound,
		"no resource at %s; %s/openapi.json lists all of them", clip(r.URL.EscapedPath()), Prefix)
}
