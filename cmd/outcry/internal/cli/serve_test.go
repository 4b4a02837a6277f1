package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
)

const testSecret = "a-secret-for-tests-of-at-least-32-bytes"

// awaitReady asks until the node admits clients.
func (s *server) awaitReady(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if code, _ := s.get(t, s.public, "/readyz"); code == http.StatusOK {
			return
		}
	}
	t.Fatalf("never ready:\n%s", s.err)
}

// do sends one request on a connection of its own.
func (s *server) do(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func (s *server) get(t *testing.T, host, path string) (int, string) {
	t.Helper()
	return s.do(t, http.MethodGet, "http://"+host+path, "")
}

// wsClient is a WebSocket client with the reads and writes of tests.
type wsClient struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

// dial connects and reads the greeting; path begins with /ws.
func (s *server) dial(t *testing.T, path string) *wsClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, "ws://"+s.public+path, nil) //nolint:bodyclose // the connection has it
	if err != nil {
		t.Fatalf("%v\n%s", err, s.err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	c := &wsClient{t, ctx, conn}
	c.await("connection_established")
	return c
}

func (c *wsClient) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// await reads until a message of a type.
func (c *wsClient) await(messageType string) map[string]any {
	c.t.Helper()
	for {
		_, data, err := c.conn.Read(c.ctx)
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", messageType, err)
		}
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			c.t.Fatal(err)
		}
		if m["type"] == messageType {
			return m
		}
	}
}

const apiKey = "key-of-the-back-end"

func TestServe(t *testing.T) {
	r := newRig(t, "WEBSOCKET_JWT_SECRET="+testSecret, "WEBSOCKET_API_KEYS="+apiKey)
	s := r.serve(t)
	if code := r.run(t, "token", "--user", "u1", "--channel", "orders.u1"); code != exitOK {
		t.Fatalf("token: code %d: %s", code, r.err)
	}
	token := strings.TrimSpace(r.out.String())
	t.Run("a token is needed", func(t *testing.T) { checkRefused(t, s, token+"x") })
	t.Run("publish", func(t *testing.T) { checkPublish(t, s, token) })
	t.Run("routes", func(t *testing.T) { checkRoutes(t, s) })
	t.Run("stop", func(t *testing.T) { checkStop(t, s, token) })
	checkLog(t, s, token)
}

func checkRefused(t *testing.T, s *server, token string) {
	t.Helper()
	code, text := s.do(t, http.MethodGet, "http://"+s.public+"/ws?token="+token, "",
		"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
	if code != http.StatusUnauthorized {
		t.Errorf("got %d %s", code, text)
	}
}

func checkPublish(t *testing.T, s *server, token string) {
	t.Helper()
	c := s.dial(t, "/ws/c1?token="+token)
	c.send(`{"type":"subscribe","channel":"quotes.AAPL"}`)
	for _, channel := range []string{"orders.u1", "quotes.AAPL"} { // the token's own comes first
		if m := c.await("subscription_result"); m["success"] != true || m["channel"] != channel {
			t.Fatalf("got %v, want %s", m, channel)
		}
	}
	url := "http://" + s.public + "/api/v1/publish"
	const body = `{"channel":"quotes.AAPL","data":{"bid":1}}`
	if code, text := s.do(t, http.MethodPost, url, body); code != http.StatusUnauthorized {
		t.Errorf("without a key: %d %s", code, text)
	}
	if code, text := s.do(t, http.MethodPost, url, body, "X-API-Key: "+apiKey); code != http.StatusOK {
		t.Fatalf("publish: %d %s", code, text)
	}
	if m := c.await("message"); m["channel"] != "quotes.AAPL" {
		t.Errorf("got %v", m)
	}
}

func checkRoutes(t *testing.T, s *server) {
	t.Helper()
	for _, tt := range []struct {
		host, path string
		code       int
		want       string
	}{
		{s.public, "/healthz", 200, "ok"},
		{s.public, "/healthz/detailed", 200, `"service":"websocket"`},
		{s.public, "/readyz", 200, "true"},
		{s.public, "/api/v1/nothing", 401, `"error":{"code":`},
		{s.public, "/", 404, `"error":{"code":"not_found"`},
		{s.public, "/metrics", 404, `"error":{"code":"not_found"`},      // case 101
		{s.public, "/debug/pprof/", 404, `"error":{"code":"not_found"`}, // case 101
		{s.public, "/ws", 426, `"code":"upgrade_required"`},
		{s.public, "/ws/..%2f", 426, `"code":"upgrade_required"`},
		{s.admin, "/healthz", 200, "ok"},
		{s.admin, "/readyz", 200, "true"},
		{s.admin, "/healthz/detailed", 404, `"error":{"code":"not_found"`},
		{s.admin, "/ws", 404, `"error":{"code":"not_found"`},
	} {
		if code, text := s.get(t, tt.host, tt.path); code != tt.code || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %d %s, want %d and %s", tt.path, code, text, tt.code, tt.want)
		}
	}
}

func checkStop(t *testing.T, s *server, token string) {
	t.Helper()
	c := s.dial(t, "/ws/c2?token="+token)
	code := make(chan int)
	go func() { code <- s.stop() }()
	c.await("reconnect")
	_, _, err := c.conn.Read(c.ctx)
	if got := websocket.CloseStatus(err); got != 4005 {
		t.Errorf("close code %d (%v), want 4005", got, err)
	}
	if got := <-code; got != exitOK {
		t.Errorf("exit code %d, want 0:\n%s", got, s.err)
	}
}

// checkLog looks at what a server has printed in its life.
func checkLog(t *testing.T, s *server, token string) {
	t.Helper()
	text := s.err.String()
	for _, secret := range []string{token, testSecret, apiKey} {
		if strings.Contains(text, secret) {
			t.Errorf("the log shows a secret:\n%s", text)
		}
	}
	for _, want := range []string{"websocket=ws://localhost:", "api=http://localhost:", "admin=http://localhost:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not announced:\n%s", want, text)
		}
	}
	if got := strings.TrimSpace(s.out.String()); got != token {
		t.Errorf("on standard output: %q", got)
	}
}

func TestServeDev(t *testing.T) {
	s := newRig(t).serve(t, "--dev", "--demo", "--demo-rate=200", "--demo-seed=7")
	if text := s.err.String(); !strings.Contains(text, "DEVELOPMENT MODE") || !strings.Contains(text, "page=http://localhost:") {
		t.Errorf("no banner:\n%s", text)
	}
	if code, text := s.get(t, s.public, "/"); code != http.StatusOK || !strings.Contains(text, "<html") {
		t.Errorf("page: %d %s", code, text)
	}
	if code, text := s.get(t, s.public, "/api/v1/stats"); code != http.StatusOK {
		t.Errorf("API without a key: %d %s", code, text)
	}
	c := s.dial(t, "/ws")
	c.send(`{"type":"subscribe","channel":"quotes.*"}`)
	c.await("subscription_result")
	if m := c.await("quote"); !strings.HasPrefix(fmt.Sprint(m["channel"]), "quotes.") {
		t.Errorf("got %v", m)
	}
	c.send(`{"type":"publish","channel":"any.thing","data":1}`)
	if m := c.await("publish_result"); m["success"] != true {
		t.Errorf("got %v", m)
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, s.err)
	}
}

// TestJSONLog: with log.format json every line on standard error is a record.
func TestJSONLog(t *testing.T) {
	s := newRig(t, "WEBSOCKET_NOPE=1").serve(t, "--dev", "--log-format=json")
	s.stop()
	for line := range strings.Lines(s.err.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, want := range []string{`"msg":"development mode: `, "WEBSOCKET_NOPE: unknown variable"} {
		if text := s.err.String(); !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestServeRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no key":             {nil, exitUsage, "Two ways out"},
		"dev on the network": {[]string{"--dev", "--address=0.0.0.0:0"}, exitUsage, "allowed with --dev: a loopback address"},
		"redis":              {[]string{"--dev", "--use-redis-pubsub"}, exitUsage, "Redis comes with a later version"},
		"transport":          {[]string{"--dev", "--transport=tcp"}, exitUsage, `transport = "tcp" (--transport): allowed: one of auto, epoll, goroutine`},
		"port in use":        {[]string{"--dev", "--address=" + address}, exitFailure, "address \"" + address + "\": cannot listen: bind: address already in use"},
		"admin port in use":  {[]string{"--dev", "--address=127.0.0.1:0", "--admin-address=" + address}, exitFailure, "admin_address \"" + address + "\""},
		"log file":           {[]string{"--dev", "--log-file=/dev/null/x"}, exitFailure, "log file: "},
		"demo rate":          {[]string{"--dev", "--address=127.0.0.1:0", "--admin-address=", "--demo", "--demo-rate=-1", "--drain-timeout=10ms"}, exitFailure, "demo rate -1"},
		"unknown flag":       {[]string{"--nope"}, exitUsage, "unknown flag: --nope"},
		"argument":           {[]string{"now"}, exitUsage, `unknown command "now"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if code := r.run(t, append([]string{"serve"}, tt.args...)...); code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
			if text := r.err.String(); !strings.Contains(text, tt.want) {
				t.Errorf("got %q, want %q", text, tt.want)
			}
			if text := r.out.String(); text != "" {
				t.Errorf("on standard output: %q", text)
			}
		})
	}
}

// TestHeaderTimeout covers case 7 for one connection: a client that does not
// finish its header is cut off.
func TestHeaderTimeout(t *testing.T) {
	s := newRig(t).serve(t, "--dev", "--header-timeout=50ms")
	conn := s.connect(t)
	start := time.Now()
	if _, err := io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // until it is cut off, however
	if took := time.Since(start); took > patience/2 {
		t.Errorf("cut off after %v", took)
	}
}

// TestHeaderSize covers case 5: large headers are refused.
func TestHeaderSize(t *testing.T) {
	s := newRig(t).serve(t, "--dev")
	for name, header := range map[string]string{
		"2000 headers":     strings.Repeat("X-Header-Of-Some-Length: 1234567890\r\n", 2000),
		"one of 1 MB":      "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n",
		"100 KB of spaces": "Sec-WebSocket-Protocol: " + strings.Repeat(" ", 100<<10) + "x\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := s.connect(t)
			// The server may answer and close before it has read it all.
			_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\n"+header+"\r\n")
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil && line == "" {
				return // reset, after the server refused
			}
			if !strings.Contains(line, " 431 ") {
				t.Errorf("got %q", line)
			}
		})
	}
}

func (s *server) connect(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.public)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestHangupReopensTheLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "logs", "websocket_service.log")
	s := newRig(t).serve(t, "--dev", "--log-file="+name)
	if err := os.Rename(name, name+".old"); err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.err.await(t, "log file opened anew")
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	for file, want := range map[string]string{name: "log file opened anew", name + ".old": "msg=serving"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: %q is missing in\n%s", file, want, text)
		}
	}
}
