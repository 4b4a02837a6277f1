package httpapi

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/outcry-dev/outcry"
)

// TestKeys is case 96.
func TestKeys(t *testing.T) {
	s := start(t, nil)
	tests := []struct {
		name, path string
		header     []string
		status     int
		code       string
	}{
		{"X-API-Key", "/api/v1/stats", []string{"X-API-Key", testKey}, 200, ""},
		{"bearer", "/api/v1/stats", []string{"Authorization", "Bearer " + testKey}, 200, ""},
		{"bearer in small letters", "/api/v1/stats", []string{"Authorization", "bearer " + testKey}, 200, ""},
		{"the other key", "/api/v1/stats", []string{"X-API-Key", "another-key-of-somebody"}, 200, ""},
		{"none", "/api/v1/stats", nil, 401, "unauthenticated"},
		{"basic", "/api/v1/stats", []string{"Authorization", "Basic " + testKey}, 401, "unauthenticated"},
		{"wrong", "/api/v1/stats", []string{"X-API-Key", "correct-horse-batterz"}, 401, "invalid_token"},
		{"prefix", "/api/v1/stats", []string{"X-API-Key", testKey[:10]}, 401, "invalid_token"},
		{"longer", "/api/v1/stats", []string{"X-API-Key", testKey + "x"}, 401, "invalid_token"},
		{"none on an unknown path", "/api/v1/nothing", nil, 401, "unauthenticated"},
		{"none for the document", "/api/v1/openapi.json", nil, 401, "unauthenticated"},
		{"key in the URL", "/api/v1/stats?api_key=" + testKey, []string{"X-API-Key", testKey}, 400, "bad_request"},
		{"token in the URL", "/api/v1/stats?Token=" + testKey, nil, 400, "bad_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := s.call("GET", tt.path, "", append([]string{"X-API-Key", ""}, tt.header...)...)
			if a.StatusCode != tt.status || a.code() != tt.code {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
			if got := a.Header.Get("WWW-Authenticate"); (got != "") != (tt.status == 401) || got != "" && !strings.HasPrefix(got, "Bearer ") {
				t.Errorf("WWW-Authenticate: %q", got)
			}
			if strings.Contains(a.body, testKey) {
				t.Errorf("the answer repeats the key: %s", a.body)
			}
		})
	}
	t.Run("doubled header", func(t *testing.T) {
		req := must(http.NewRequestWithContext(t.Context(), "GET", s.url+"/api/v1/stats", nil))
		req.Header["X-Api-Key"] = []string{"wrong-wrong-wrong", testKey}
		if a := s.do(req); a.StatusCode != 401 {
			t.Errorf("got %d %s", a.StatusCode, a.body)
		}
	})
	if strings.Contains(s.log.String(), testKey) {
		t.Errorf("the log has the key: %s", s.log)
	}
}

// TestNoKeys: without a key every call is refused, and the start warns.
func TestNoKeys(t *testing.T) {
	s := start(t, func(_ *outcry.Config, c *Config) { c.Keys = nil })
	for _, header := range [][]string{{"X-API-Key", ""}, {"X-API-Key", testKey}, {"Authorization", "Bearer alice"}} {
		if a := s.call("GET", "/api/v1/stats", "", header...); a.StatusCode != 401 {
			t.Errorf("%v: got %d %s", header, a.StatusCode, a.body)
		}
	}
	if n := strings.Count(s.log.String(), "refuses every call"); n != 1 {
		t.Errorf("warned %d times: %s", n, s.log)
	}
	s.want(200, `{"status":"ok"}`, "GET", "/healthz", "")
}

// TestInsecure: no key is needed, but pages of other origins are refused.
func TestInsecure(t *testing.T) {
	s := start(t, func(_ *outcry.Config, c *Config) { c.Keys, c.Insecure = nil, true })
	const body = `{"channel":"c","data":1}`
	tests := []struct {
		name   string
		header []string
		status int
	}{
		{"program", nil, 200},
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"foreign page", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"foreign page in an old browser", []string{"Origin", "https://evil.example"}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := s.call("POST", "/api/v1/publish", body, append([]string{"X-API-Key", ""}, tt.header...)...)
			if a.StatusCode != tt.status {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
		})
	}
	if n := strings.Count(s.log.String(), "open to everybody"); n != 1 {
		t.Errorf("warned %d times: %s", n, s.log)
	}
}

func TestKeyring(t *testing.T) {
	for _, key := range []string{"", "short", "spaces in it", "tab\there!", "Ключ-Ключ", strings.Repeat("x", 513)} {
		_, err := newKeyring([]string{testKey, key})
		if err == nil || !strings.Contains(err.Error(), "Keys[1]") || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%q: got %v", key, err)
		}
	}
}

// TestKeyringConcurrently: keys are checked from many goroutines.
func TestKeyringConcurrently(t *testing.T) {
	k := must(newKeyring([]string{testKey}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if err := k.check(http.Header{"X-Api-Key": {testKey}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
