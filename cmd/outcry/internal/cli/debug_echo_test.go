package cli

import (
	"context"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestDebugEcho(t *testing.T) {
	for name, args := range map[string][]string{
		"auto": nil, "goroutine": {"--transport=goroutine"}, "small": {"--max-message-size=128"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			r, done := newRig(t), make(chan int)
			go func() {
				done <- run(ctx, r.environment, append([]string{"debug", "echo", "--address=127.0.0.1:0"}, args...))
			}()
			r.out.await(t, "\n")
			m := regexp.MustCompile(`^echo on (ws://127\.0\.0\.1:[1-9]\d*/)\n$`).FindStringSubmatch(r.out.String())
			if m == nil {
				t.Fatalf("printed %q", r.out)
			}
			talk(t, m[1], name == "small")
			interrupt()
			if code := <-done; code != exitOK || r.err.String() != "" {
				t.Errorf("code %d: %s", code, r.err)
			}
		})
	}
}

// talk sends messages of two sizes; the larger one exceeds a small limit.
func talk(t *testing.T, url string, small bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{ //nolint:bodyclose // the connection has it
		CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	for _, want := range []string{"hello", strings.Repeat("안녕", 1000)} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		kind, got, err := conn.Read(ctx)
		if small && len(want) > 128 {
			if code := websocket.CloseStatus(err); code != websocket.StatusMessageTooBig {
				t.Errorf("got close code %d, %v, want 1009", code, err)
			}
			return
		}
		if err != nil || kind != websocket.MessageText || string(got) != want {
			t.Fatalf("got %.50q, %v", got, err)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestDebugEchoErrors(t *testing.T) {
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
		"transport":   {[]string{"--transport=tcp"}, exitUsage, `--transport "tcp": allowed: auto, epoll or goroutine`},
		"size":        {[]string{"--max-message-size=0"}, exitUsage, "--max-message-size 0: allowed: an integer from 128 to 1073741824"},
		"no port":     {[]string{"--address=localhost"}, exitFailure, `--address "localhost": cannot listen: address localhost: missing port in address`},
		"port in use": {[]string{"--address=" + address}, exitFailure, `--address "` + address + `": cannot listen: bind: address already in use; end what listens there, or give another --address`},
		"argument":    {[]string{"x"}, exitUsage, `unknown command "x" for "outcry debug echo"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if code := r.run(t, append([]string{"debug", "echo"}, tt.args...)...); code != tt.code || !strings.Contains(r.err.String(), tt.want) {
				t.Errorf("code %d: %s\nwant %d: %s", code, r.err, tt.code, tt.want)
			}
		})
	}
	if _, err := driverNamed("epoll", "darwin"); err == nil || !strings.Contains(err.Error(), "exists on Linux only, and this is darwin") {
		t.Errorf("epoll on darwin: %v", err)
	}
	r := newRig(t)
	if code := r.run(t, "debug", "nope"); code != exitUsage {
		t.Errorf("debug nope: code %d", code)
	}
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:9001": "localhost:9001", "[::]:9001": "localhost:9001", "127.0.0.1:1": "127.0.0.1:1", "[::1]:1": "[::1]:1",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(a); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
