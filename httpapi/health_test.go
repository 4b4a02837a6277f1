package httpapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/outcry-dev/outcry"
)

func TestHealth(t *testing.T) {
	s := start(t, nil)
	for path, want := range map[string]string{
		"/healthz": `{"status":"ok"}`, "/readyz": `{"ready":true}`, "/healthz/detailed": "",
	} {
		a := s.call("GET", path, "", "X-API-Key", "")
		if a.StatusCode != 200 || want != "" && a.body != want {
			t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
		}
	}
}

// TestHealthNotRunning: before Run the process is alive, but not ready.
func TestHealthNotRunning(t *testing.T) {
	s := &server{t: t, log: nil, doc: readDocument(t)}
	s.node = must(outcry.New(outcry.Config{Access: outcry.Access{Insecure: true}}))
	s.api = must(New(Config{Node: s.node, Keys: []string{testKey}}))
	s.serve()
	s.want(200, `{"status":"ok"}`, "GET", "/healthz", "")
	s.want(503, `{"error":{"code":"unavailable","message":"the node is not running"}}`, "GET", "/readyz", "")
	s.want(503, `{"error":{"code":"unavailable","message":"the node is not running"}}`, "GET", "/api/v1/stats", "")
	a := s.want(503, "", "GET", "/healthz/detailed", "")
	for _, part := range []string{`"healthy":false`, `"admission":{"healthy":false,"reason":"the node is not running"}`, `"active_connections":0`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("%s lacks %s", a.body, part)
		}
	}
	a = s.want(503, "", "POST", "/api/v1/publish", `{"channel":"c","data":1}`)
	if a.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
}

// TestReadyHidesCause: what a broker reports stays in the log.
func TestReadyHidesCause(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("dial 10.0.0.7: refused"), "the node is not ready; its log has the cause"},
		{outcry.ErrUnavailable, "temporarily unavailable"},
		{outcry.ErrDraining, "the node is shutting down; use another"},
		{context.DeadlineExceeded, "the node did not answer in time"},
		{outcry.ErrNotFound, "the node is not ready; its log has the cause"},
	} {
		if got := unready(tt.err).Message; got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestNew(t *testing.T) {
	if _, err := New(Config{Keys: []string{"x"}, MaxBody: -1}); err == nil {
		t.Error("got no error")
	} else {
		for _, part := range []string{"Node", "Keys[0]", "MaxBody"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%v lacks %s", err, part)
			}
		}
	}
}
