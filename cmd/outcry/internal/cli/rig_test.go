package cli

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of these tests; it is reached on a failure only.
const patience = 20 * time.Second

// transcript is an output that tests can wait on. It is safe for concurrent
// use.
type transcript struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // holds one token after a write
}

func newTranscript() *transcript { return &transcript{wrote: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await blocks until text has been written.
func (o *transcript) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(patience)
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.wrote:
		case <-timeout:
			t.Fatalf("%q was not written; this was:\n%s", text, o)
		}
	}
}

// rig is an environment in an empty directory whose outputs are kept.
type rig struct {
	*environment
	out, err *transcript
}

// newRig has no variables but vars ("NAME=value").
func newRig(t *testing.T, vars ...string) *rig {
	t.Helper()
	r := &rig{out: newTranscript(), err: newTranscript()}
	r.environment = &environment{
		Stdin:  strings.NewReader(""),
		Stdout: r.out,
		Stderr: r.err,
		LookupEnv: func(name string) (string, bool) {
			for _, v := range vars {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value, true
				}
			}
			return "", false
		},
		Environ: func() []string { return vars },
		Dir:     t.TempDir(),
		Version: "1.2.3",
	}
	return r
}

// run executes a command to its end.
func (r *rig) run(t *testing.T, args ...string) int {
	t.Helper()
	return run(t.Context(), r.environment, args)
}

// server is a running "outcry serve".
type server struct {
	*rig
	public, admin string // host:port
	stop          func() int
}

// serve starts the server on free ports of the loopback and stops it at the
// end of the test.
func (r *rig) serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{rig: r}
	ready := make(chan struct{})
	r.Ready = func(public, admin net.Addr) {
		s.public = public.String()
		if admin != nil {
			s.admin = admin.String()
		}
		close(ready)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var code int
	go func() {
		defer close(done)
		code = run(ctx, r.environment, append([]string{"serve", "--address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--drain-timeout=100ms"}, args...))
	}()
	s.stop = sync.OnceValue(func() int {
		cancel()
		<-done
		return code
	})
	t.Cleanup(func() { s.stop() })
	select {
	case <-ready:
	case <-done:
		t.Fatalf("serve ended with code %d:\n%s", code, r.err)
	case <-time.After(patience):
		t.Fatalf("serve is not ready:\n%s", r.err)
	}
	s.awaitReady(t)
	return s
}
