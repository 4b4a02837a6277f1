package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestVersion(t *testing.T) {
	r := newRig(t)
	if code := r.run(t, "version"); code != exitOK || !strings.HasPrefix(r.out.String(), "outcry 1.2.3 ") {
		t.Errorf("code %d: %s%s", code, r.out, r.err)
	}
	r = newRig(t)
	if code := r.run(t, "version", "--json"); code != exitOK {
		t.Errorf("code %d: %s", code, r.err)
	}
	var got build
	if err := json.Unmarshal([]byte(r.out.String()), &got); err != nil || got.Version != "1.2.3" || got.Go == "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := currentBuild("").Version; got == "" {
		t.Error("no version without the linker's")
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		t.Run(shell, func(t *testing.T) {
			r := newRig(t)
			if code := r.run(t, "completion", shell); code != exitOK || !strings.Contains(r.out.String(), "outcry") {
				t.Errorf("code %d: %.200s%s", code, r.out, r.err)
			}
		})
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{{"nope"}, {"--nope"}, {"version", "extra"}, {"config", "--nope"}} {
		r := newRig(t)
		if code := r.run(t, args...); code != exitUsage || r.err.String() == "" || r.out.String() != "" {
			t.Errorf("%q: code %d, %q, %q", args, code, r.out, r.err)
		}
	}
}

// TestHelp: without a command the help is what was asked for.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"--help"}, {"help", "serve"}} {
		r := newRig(t)
		if code := r.run(t, args...); code != exitOK || !strings.Contains(r.out.String(), "Usage:") {
			t.Errorf("%q: code %d, %q, %q", args, code, r.out, r.err)
		}
	}
}

func TestExitCodes(t *testing.T) {
	cause := errors.New("cause")
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"none":                 {failed(nil), 0},
		"while running":        {failed(cause), 1},
		"usage":                {failed(usage(cause)), 2},
		"wrapped usage":        {failed(fmt.Errorf("x: %w", usage(cause))), 2},
		"of the command line":  {cause, 2},
		"unreachable":          {failed(unreachable(cause)), 3},
		"refused":              {failed(refused(cause)), 4},
		"refused, not via run": {refused(cause), 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
			if tt.err != nil && !errors.Is(tt.err, cause) {
				t.Error("the cause is lost")
			}
		})
	}
}
