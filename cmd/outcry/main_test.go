package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// asMain makes the test binary behave as the program.
const asMain = "OUTCRY_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestSecondSignal covers case 78: after SIGTERM /readyz is 503, the clients
// are told to move and closed with 4005, and a second signal does not cut the
// drain short.
func TestSecondSignal(t *testing.T) {
	const drain = 500 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "serve", "--dev", "--address=127.0.0.1:0", "--admin-address=", "--drain-timeout="+drain.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), asMain+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	host, rest := announced(t, stderr)
	conn := dial(ctx, t, host)
	signal := func() {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	signal()
	for {
		_, data, err := conn.Read(ctx)
		if err == nil {
			if strings.Contains(string(data), `"type":"reconnect"`) {
				checkDraining(ctx, t, host)
				signal()
			}
			continue
		}
		if got := websocket.CloseStatus(err); got != 4005 {
			t.Errorf("close code %d (%v), want 4005", got, err)
		}
		break
	}
	log, err := io.ReadAll(rest)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v:\n%s", err, log)
	}
	if took := time.Since(start); took > drain+10*time.Second {
		t.Errorf("the drain took %v", took)
	}
}

// announced reads the log until it names the address.
func announced(t *testing.T, stderr io.Reader) (host string, rest io.Reader) {
	t.Helper()
	address := regexp.MustCompile(`websocket=ws://(\S+)/ws`)
	lines := bufio.NewReader(stderr)
	var seen strings.Builder
	for {
		line, err := lines.ReadString('\n')
		seen.WriteString(line)
		if m := address.FindStringSubmatch(line); m != nil {
			return m[1], lines
		}
		if err != nil {
			t.Fatalf("no address in the log (%v):\n%s", err, &seen)
		}
	}
}

// dial connects once the node admits clients, and reads the greeting.
func dial(ctx context.Context, t *testing.T, host string) *websocket.Conn {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, _, err := websocket.Dial(ctx, "ws://"+host+"/ws", nil) //nolint:bodyclose // the connection has it
		if err == nil {
			t.Cleanup(func() { _ = conn.CloseNow() })
			if _, _, err := conn.Read(ctx); err != nil {
				t.Fatal(err)
			}
			return conn
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

func checkDraining(ctx context.Context, t *testing.T, host string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz while draining: %s, want 503", response.Status)
	}
}
