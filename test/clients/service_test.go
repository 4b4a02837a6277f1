package clients

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 40 * time.Second
)

// service is the real binary, serving in development mode.
type service struct {
	binary  string
	address string // host:port
	process *exec.Cmd
	log     string // file
}

// startService builds the binary, with its page and the race detector, and
// starts it on a free port. It ends with the test, which fails if it does not
// end well.
func startService(t *testing.T, flags ...string) *service {
	t.Helper()
	dir := t.TempDir()
	s := &service{binary: filepath.Join(dir, "outcry"), log: filepath.Join(dir, "log")}
	build := exec.Command("go", "build", "-race", "-tags", "embedui", "-o", s.binary, "../../cmd/outcry")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the service (make test bundles the page it embeds): %v\n%s", err, out)
	}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.process = exec.Command(s.binary, append([]string{
		"serve", "--dev", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0", "--log-format", "json",
	}, flags...)...)
	s.process.Dir = dir // no outcry.yaml, no .env
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	if s.address, err = s.awaitAddress(); err != nil {
		t.Fatal(err)
	}
	return s
}

// awaitAddress reads the address that the service says it listens on.
func (s *service) awaitAddress() (string, error) {
	serving := regexp.MustCompile(`"ws://[^/"]*(:[1-9]\d*)/ws"`)
	deadline := time.After(startTimeout)
	for {
		text, err := os.ReadFile(s.log)
		if err != nil {
			return "", err
		}
		if m := serving.FindSubmatch(text); m != nil {
			return "127.0.0.1" + string(m[1]), nil
		}
		select {
		case <-deadline:
			return "", fmt.Errorf("the service named no address within %v:\n%s", startTimeout, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the service as an operator does. A data race makes it exit with
// another code than 0.
func (s *service) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	kill := time.AfterFunc(stopTimeout, func() { _ = s.process.Process.Kill() })
	defer kill.Stop()
	if err := s.process.Wait(); err != nil {
		text, _ := os.ReadFile(s.log)
		return fmt.Errorf("the service ended with %w:\n%s", err, text)
	}
	return nil
}

// publish sends one message through the HTTP API.
func (s *service) publish(ctx context.Context, channel string, message jsontext.Value) error {
	return s.post(ctx, "publish", map[string]any{"channel": channel, "message": message})
}

// burst publishes many messages in one call, numbered from 0.
func (s *service) burst(ctx context.Context, channel string, count int) error {
	var messages []any
	for i := range count {
		messages = append(messages, map[string]any{"channel": channel, "message": map[string]any{"type": "numbered", "number": i}})
	}
	return s.post(ctx, "publish/batch", map[string]any{"messages": messages})
}

// post calls the HTTP API.
func (s *service) post(ctx context.Context, call string, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"http://"+s.address+"/api/v1/"+call, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", call, resp.Status, answer)
	}
	return err
}

// replay publishes the price file, ten years in a second or so, to channels that
// begin with prefix.
func (s *service) replay(ctx context.Context, prefix string) error {
	cmd := exec.CommandContext(ctx, s.binary, "replay", priceFile, "--speed", "300000000x",
		"--api", "http://"+s.address, "--channel", prefix+".{symbol}")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("replay: %w\n%s", err, out)
	}
	return nil
}

// eachLine calls handle for every line of r until one fails.
func eachLine(r io.Reader, handle func([]byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := handle(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}
