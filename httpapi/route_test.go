package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func TestMethods(t *testing.T) {
	s := start(t, nil)
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/publish", 405, "OPTIONS, POST"},
		{"DELETE", "/api/v1/channels", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/api/v1/groups/g/users/u", 405, "DELETE, GET, HEAD, OPTIONS, PUT"},
		{"PATCH", "/healthz", 405, "GET, HEAD, OPTIONS"},
		{"BREW", "/readyz", 405, "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/api/v1/clients/c", 204, "DELETE, GET, HEAD, OPTIONS"},
		{"OPTIONS", "/healthz", 204, "GET, HEAD, OPTIONS"},
		{"HEAD", "/api/v1/stats", 200, ""},
		{"HEAD", "/healthz", 200, ""},
		{"HEAD", "/api/v1/clients/nobody", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := s.call(tt.method, tt.path, "")
			if a.StatusCode != tt.status || a.Header.Get("Allow") != tt.allow {
				t.Errorf("got %d, Allow %q; want %d, %q", a.StatusCode, a.Header.Get("Allow"), tt.status, tt.allow)
			}
		})
	}
}

func TestUnknownPaths(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{
		"/", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/publish", "/api/v1/nothing", "/api/v1/channels/",
		"/api/v1//publish", "/api/v1/clients/../stats", "/api/v1/stats/", "/api/v1/groups/g", "/healthz/", "/admin", "/metrics",
		"/debug/pprof/",
	} {
		t.Run(path, func(t *testing.T) {
			if a := s.call("GET", path, ""); a.StatusCode != 404 || a.code() != "not_found" {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
		})
	}
}

func TestFoldChannel(t *testing.T) {
	const parent = "/api/v1/channels/"
	tests := []struct{ path, want string }{
		{"a", "a"},
		{"a/b", "a%2Fb"},
		{"a%2Fb", "a%2Fb"},
		{"a//b/", "a%2F%2Fb%2F"},
		{"a/../b", "a%2F..%2Fb"},
		{"a/presence", "a/presence"},
		{"a/b/presence", "a%2Fb/presence"},
		{"a%2Fpresence", "a%2Fpresence"},
		{"a%2Fpresence/history", "a%2Fpresence/history"},
		{"a/presence/history", "a%2Fpresence/history"},
		{"presence", "presence"},
		{"/presence", "%2Fpresence"},
		{"history/history", "history/history"},
		{"%EA%B0%80/b", "%EA%B0%80%2Fb"},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			r := httptest.NewRequest("GET", parent+tt.path, nil)
			path := r.URL.Path
			got := foldChannel(r)
			if got.URL.EscapedPath() != parent+tt.want || got.URL.Path != path {
				t.Errorf("got %s (%s), want %s", got.URL.EscapedPath(), got.URL.Path, parent+tt.want)
			}
		})
	}
}

// TestPanic: a panic costs its own call, is counted and is logged once.
func TestPanic(t *testing.T) {
	s := start(t, nil)
	for path, value := range map[string]any{"/api/v1/panic": "lost", "/api/v1/abort": http.ErrAbortHandler} {
		rt := route{"GET", path, nil, 0, askTimeout, func(context.Context, *request) (reply, error) { panic(value) }}
		s.api.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.api.serve(w, r, endpoint{"GET": rt}) })
	}
	if a := s.call("GET", "/api/v1/panic", ""); a.StatusCode != 500 || a.code() != "internal" || strings.Contains(a.body, "lost") {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if n := strings.Count(s.log.String(), "http handler panicked"); n != 1 || !strings.Contains(s.log.String(), "lost") {
		t.Errorf("logged %d times: %s", n, s.log)
	}
	req := must(http.NewRequestWithContext(t.Context(), "GET", s.url+"/api/v1/abort", nil))
	req.Header.Set("X-API-Key", testKey)
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Errorf("abort: got %d, want a broken connection", res.StatusCode)
	}
	if a := s.call("GET", "/api/v1/stats", ""); !strings.Contains(a.body, `"panics":1,`) {
		t.Errorf("got %s", a.body)
	}
}

// TestConcurrently: one API serves many callers at once.
func TestConcurrently(t *testing.T) {
	s := start(t, nil)
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			mine := *s
			mine.t, mine.doc = t, readDocument(t)
			for range 5 {
				mine.want(200, "", "POST", "/api/v1/publish", `{"channel":"c","data":1}`)
				mine.want(200, "", "GET", "/api/v1/stats", "")
				mine.want(400, "", "GET", "/api/v1/stats?x=1", "")
			}
		})
	}
}
