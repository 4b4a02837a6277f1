package httpapi

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry"
)

const testKey = "correct-horse-battery"

// server is a running node and its API on a real listener.
type server struct {
	t    *testing.T
	api  *API
	node *outcry.Node
	url  string
	log  *bytes.Buffer // what the API logged; read it after the calls
	doc  *document
}

// start runs a node that admits anonymous clients, and users whose token is
// their name, behind an API that takes testKey.
func start(t *testing.T, change func(*outcry.Config, *Config)) *server {
	t.Helper()
	s := &server{t: t, log: new(bytes.Buffer), doc: readDocument(t)}
	quiet := slog.New(slog.DiscardHandler)
	nodeCfg := outcry.Config{
		NodeName: "n1", Logger: quiet, Loops: 2,
		Access: outcry.Access{Insecure: true, Authenticator: byName{}},
		Timing: outcry.Timing{DrainTimeout: 100 * time.Millisecond},
	}
	cfg := Config{Keys: []string{"another-key-of-somebody", testKey}, Logger: slog.New(slog.NewTextHandler(s.log, nil))}
	if change != nil {
		change(&nodeCfg, &cfg)
	}
	s.node = must(outcry.New(nodeCfg))
	cfg.Node = s.node
	s.api = must(New(cfg))
	s.serve()
	s.run()
	return s
}

func (s *server) serve() {
	// No ServeMux: it would redirect paths that the API has to see.
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ws/") {
			s.node.ServeHTTP(w, r)
			return
		}
		s.api.ServeHTTP(w, r)
	}))
	s.t.Cleanup(listener.Close)
	s.url = listener.URL
}

// run keeps the node running until the test ends.
func (s *server) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.node.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	for deadline := time.Now().Add(5 * time.Second); s.node.Ready() != nil; runtime.Gosched() {
		if time.Now().After(deadline) {
			s.t.Fatalf("node is not ready: %v", s.node.Ready())
		}
	}
}

// byName is an Authenticator for which a token is the user's name.
type byName struct{}

func (byName) Authenticate(_ context.Context, token string) (outcry.Identity, error) {
	return outcry.Identity{UserID: token}, nil
}

// answer is a response, read and held against the OpenAPI document.
type answer struct {
	*http.Response
	body string
}

// code is the error code of the answer.
func (a answer) code() string {
	var e errorBody
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		return ""
	}
	return string(e.Error.Code)
}

// call sends a request with the key and, where there is a body, as JSON.
func (s *server) call(method, path, body string, header ...string) answer {
	s.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	req := must(http.NewRequestWithContext(s.t.Context(), method, s.url+path, r))
	req.Header.Set("X-API-Key", testKey)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	return s.do(req)
}

func (s *server) do(req *http.Request) answer {
	s.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	a := answer{res, string(must(io.ReadAll(res.Body)))}
	s.doc.check(s.t, s.api, req, a)
	return a
}

// want calls and compares status and body; a body of "" is not compared.
func (s *server) want(status int, body, method, path, send string) answer {
	s.t.Helper()
	a := s.call(method, path, send)
	if a.StatusCode != status || body != "" && a.body != body {
		s.t.Errorf("%s %s %s\n got %d %s\nwant %d %s", method, path, send, a.StatusCode, a.body, status, body)
	}
	return a
}

// connect opens a WebSocket as a client, of a user where token is not empty,
// and reads connection_established.
func (s *server) connect(id, token string) *peer {
	s.t.Helper()
	opts := &websocket.DialOptions{HTTPHeader: http.Header{}}
	if token != "" {
		opts.HTTPHeader.Set("Authorization", "Bearer "+token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	s.t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, s.url+"/ws/"+id, opts) //nolint:bodyclose // Dial hands the body to ws
	if err != nil {
		s.t.Fatalf("connect %s: %v", id, err)
	}
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	p := &peer{s.t, ctx, ws}
	p.read(`"connection_established"`)
	return p
}

// peer is a connected client.
type peer struct {
	t   *testing.T
	ctx context.Context
	ws  *websocket.Conn
}

// read returns the next message, which has to contain every part.
func (p *peer) read(parts ...string) string {
	p.t.Helper()
	_, data, err := p.ws.Read(p.ctx)
	if err != nil {
		p.t.Fatalf("read: %v", err)
	}
	for _, part := range parts {
		if !strings.Contains(string(data), part) {
			p.t.Errorf("got %s, want it to contain %s", data, part)
		}
	}
	return string(data)
}

// subscribe joins a channel and waits for the result.
func (p *peer) subscribe(channel string) {
	p.t.Helper()
	if err := p.ws.Write(p.ctx, websocket.MessageText, []byte(`{"type":"subscribe","channel":"`+channel+`"}`)); err != nil {
		p.t.Fatalf("subscribe: %v", err)
	}
	p.read(`"subscription_result"`, `"success":true`)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
