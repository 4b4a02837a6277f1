package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// exec runs one command as the root command would.
func (r *rig) exec(ctx context.Context, newCommand func(*environment) *cobra.Command, args ...string) int {
	cmd := newCommand(r.environment)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	runE := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return failed(runE(cmd, args)) }
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(r.Stderr, "outcry:", err)
	}
	return exitCode(err)
}

// devServer is a server in development mode and the flags that lead to it.
func devServer(t *testing.T) (api, socket string) {
	t.Helper()
	s := newRig(t).serve(t, "--dev")
	return "--api=http://" + s.public, "--url=ws://" + s.public + "/ws"
}

func TestExplain(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code int
		want string
	}{
		{"unreachable", &client.UnreachableError{URL: "http://h", Err: errors.New("refused")}, exitUnreachable, "outcry serve --dev"},
		{"no key", &client.RefusedError{Status: 401, Code: "unauthenticated"}, exitRefused, "Give a valid one with --x"},
		{"no right", &client.RefusedError{Status: 403, Code: "forbidden"}, exitRefused, "403"},
		{"full", &client.RefusedError{Status: 503, Code: "busy"}, exitFailure, "503"},
		{"another server", &client.RefusedError{Status: 404, Message: "Not Found"}, exitUnreachable, "does not look like"},
		{"bad token", &client.CloseError{Code: protocol.CloseInvalidToken}, exitRefused, "Give a valid one with --x"},
		{"replaced", &client.CloseError{Code: protocol.CloseReplaced}, exitRefused, "4510"},
		{"drained", &client.CloseError{Code: protocol.CloseDraining}, exitFailure, "4005"},
		{"one command", &protocol.Error{Code: protocol.CodeForbidden, Message: "no"}, exitRefused, "forbidden: no"},
		{"anything", errors.New("x"), exitFailure, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := failed(explain(fmt.Errorf("outer: %w", tt.err), "--x"))
			if code := exitCode(err); code != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("code %d: %v, want %d with %q", code, err, tt.code, tt.want)
			}
		})
	}
	if err := explain(nil, ""); err != nil {
		t.Errorf("no error became %v", err)
	}
}

// Every command says where a server was expected, and which flag a refused
// credential comes from.
func TestNoServerAndNoKey(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write(protocol.Errorf(protocol.CodeUnauthenticated, "no").AppendBody(nil))
	}))
	defer refusing.Close()
	file := t.TempDir() + "/ticks.csv"
	if err := os.WriteFile(file, []byte("symbol,date\nA,2026-01-20\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		command func(*environment) *cobra.Command
		args    []string
		flag    string // of the address
		hint    string
	}{
		{"pub", newPub, []string{"c", "1"}, "--api=http://", "--api-key"},
		{"pub over ws", newPub, []string{"c", "1", "--ws"}, "--url=ws://", "--token"},
		{"sub", newSub, []string{"c"}, "--url=ws://", "--token"},
		{"replay", newReplay, []string{file}, "--api=http://", "--api-key"},
		{"demo", newDemo, nil, "--api=http://", "--api-key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			code := r.exec(t.Context(), tt.command, append([]string{tt.flag + "127.0.0.1:1"}, tt.args...)...)
			if text := r.err.String(); code != exitUnreachable || !strings.Contains(text, "127.0.0.1:1: connection refused") || !strings.Contains(text, "serve --dev") {
				t.Errorf("no server: code %d: %s", code, text)
			}
			r = newRig(t)
			code = r.exec(t.Context(), tt.command, append([]string{tt.flag + refusing.Listener.Addr().String()}, tt.args...)...)
			if text := r.err.String(); code != exitRefused || !strings.Contains(text, tt.hint) {
				t.Errorf("no key: code %d: %s", code, text)
			}
			r = newRig(t)
			if code := r.exec(t.Context(), tt.command, append([]string{tt.flag + "127.0.0.1:1", "--nonsense"}, tt.args...)...); code != exitUsage {
				t.Errorf("unknown flag: code %d: %s", code, r.err)
			}
		})
	}
}

func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	blocked, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer blocked.Close()
	defer w.Close()
	r := interruptible(ctx, blocked)
	gone := errors.New("gone")
	cancel(gone)
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, gone) {
		t.Errorf("read: %v", err)
	}
	r = interruptible(t.Context(), strings.NewReader("ab"))
	defer r.Close()
	if n, err := r.Read(make([]byte, 5)); n != 2 || err != nil {
		t.Errorf("read %d: %v", n, err)
	}
}
