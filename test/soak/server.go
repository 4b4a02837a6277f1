package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// server is the process under load.
type server struct {
	cmd     *exec.Cmd
	address string
	client  *http.Client
	dir     string
}

// stats are the parts of GET /api/v1/stats that are compared.
type stats struct {
	Active     int `json:"active_connections"`
	Goroutines int `json:"goroutines"`
}

// startServer builds the server, unless a binary is given, and starts it on a
// free port in development mode.
func startServer(ctx context.Context, o options) (*server, error) {
	dir, err := os.MkdirTemp("", "outcry-soak-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, client: &http.Client{Timeout: 10 * time.Second}}
	binary := o.binary
	if binary == "" {
		binary = filepath.Join(dir, "outcry")
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/outcry")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("building the server: %w", err)
		}
	}
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	limit := strconv.Itoa(o.clients + 100)
	s.cmd = exec.Command(binary, "serve", "--dev", "--address", s.address, "--admin-address", "127.0.0.1:0",
		"--max-connections", limit, "--log-level", "warn")
	s.cmd.Dir, s.cmd.Stderr = dir, os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	err = s.await(ctx)
	return s, err
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// await polls until the server is ready.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if _, err := s.call(ctx, http.MethodGet, "/readyz", nil); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the server did not become ready"), s.stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// call makes one HTTP request.
func (s *server) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	return b, err
}

// publish sends one numbered message to the channel all clients are on.
func (s *server) publish(ctx context.Context, n int) error {
	body := fmt.Appendf(nil, `{"channel":%q,"data":{"n":%d,"at":%d}}`, channel, n, time.Now().UnixMicro())
	_, err := s.call(ctx, http.MethodPost, "/api/v1/publish", body)
	return err
}

func (s *server) stats(ctx context.Context) (st stats, err error) {
	b, err := s.call(ctx, http.MethodGet, "/api/v1/stats", nil)
	if err != nil {
		return st, err
	}
	err = json.Unmarshal(b, &st)
	return st, err
}

// settled waits until the server is as it was before the load.
func (s *server) settled(ctx context.Context, before stats) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		now, err := s.stats(ctx)
		if err == nil && now.Active == before.Active && now.Goroutines <= before.Goroutines+5 {
			report("settled", "connections", now.Active, "goroutines", now.Goroutines, "before", before.Goroutines)
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("not settled: before %+v, now %+v", before, now), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// cpu is the processor time the server has used (proc(5), fields 14 and 15 of
// stat, in ticks of 10 ms).
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// stop ends the server and removes its folder.
func (s *server) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case e := <-ended:
		err = errors.Join(err, e)
	case <-time.After(40 * time.Second):
		err = errors.Join(errors.New("the server did not end"), s.cmd.Process.Kill())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
