package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	h := serve(fstest.MapFS{
		"index.html":           {Data: []byte("<!doctype html>page")},
		"favicon.svg":          {Data: []byte("<svg/>")},
		"assets/index-1a2b.js": {Data: []byte("start()")},
	})
	tests := map[string]struct {
		method, target string
		status         int
		mediaType      string
		caching        string
		body           string
	}{
		"page":           {"GET", "/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		"page by name":   {"GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		"hashed asset":   {"GET", "/assets/index-1a2b.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "start()"},
		"other file":     {"GET", "/favicon.svg", 200, "image/svg+xml", "no-cache", "<svg/>"},
		"head":           {"HEAD", "/", 200, "text/html; charset=utf-8", "no-cache", ""},
		"query":          {"GET", "/?a=b", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>page"},
		"no listing":     {"GET", "/assets/", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		"unknown":        {"GET", "/nothing", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		"no climbing":    {"GET", "/assets/../../handler.go", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		"only for reads": {"POST", "/", 405, "text/plain; charset=utf-8", "", "method not allowed\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := get(h, test.method, test.target)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, test.status, test.body)
			}
			for header, want := range map[string]string{
				"Content-Type":            test.mediaType,
				"Cache-Control":           test.caching,
				"Content-Security-Policy": policy,
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "no-referrer",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}
}

func TestServeAnswersNotModified(t *testing.T) {
	h := serve(fstest.MapFS{"index.html": {Data: []byte("page")}})
	etag := get(h, "GET", "/").Header().Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	if w := get(h, "GET", "/", "If-None-Match", etag); w.Code != http.StatusNotModified {
		t.Errorf("same content: status %d, want 304", w.Code)
	}
	if w := get(h, "GET", "/", "If-None-Match", `"other"`); w.Code != http.StatusOK {
		t.Errorf("other content: status %d, want 200", w.Code)
	}
}

// TestPolicyIsStrict: case 102.
func TestPolicyIsStrict(t *testing.T) {
	for _, loose := range []string{"unsafe", "data:", "blob:", "*", "http"} {
		if strings.Contains(policy, loose) {
			t.Errorf("policy %q allows %q", policy, loose)
		}
	}
}

// TestPage serves whichever page this build has: every file it names exists,
// and nothing in it breaks the policy.
func TestPage(t *testing.T) {
	h := Handler()
	w := get(h, "GET", "/")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	page := w.Body.String()
	if got := strings.Contains(page, "make build"); got == Embedded() {
		t.Errorf("page says how to build it: %v; embedded: %v", got, Embedded())
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		name, local := strings.CutPrefix(link[1], "./")
		if !local {
			t.Errorf("page links to %q, which is not its own", link[1])
			continue
		}
		if w := get(h, "GET", "/"+name); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", link[1], w.Code)
		}
	}
	for _, inline := range []string{`<script>`, `<style`, ` style="`, ` onclick=`} {
		if strings.Contains(page, inline) {
			t.Errorf("page holds %q, which the policy forbids", inline)
		}
	}
}
