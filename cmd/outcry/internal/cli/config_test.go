package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	r := newRig(t, "WEBSOCKET_JWT_SECRET="+testSecret, "WEBSOCKET_MAX_CHANELS=1")
	if err := os.WriteFile(filepath.Join(r.Dir, "outcry.yaml"), []byte("max_channels: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := r.run(t, "config", "--max-fragments", "9"); code != exitOK {
		t.Fatalf("code %d: %s", code, r.err)
	}
	for _, want := range []string{
		"max_channels: 7                              # outcry.yaml:1:1\n",
		"max_fragments: 9                             # --max-fragments\n",
		"jwt_secret: \"********\"                       # WEBSOCKET_JWT_SECRET\n",
	} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, r.out)
		}
	}
	if got, want := r.err.String(), "warning: WEBSOCKET_MAX_CHANELS: unknown variable, ignored; did you mean WEBSOCKET_MAX_CHANNELS?\n"; got != want {
		t.Errorf("on standard error: %q, want %q", got, want)
	}
}

func TestConfigJSON(t *testing.T) {
	r := newRig(t)
	if code := r.run(t, "config", "--json", "--require-auth=false"); code != exitOK {
		t.Fatalf("code %d: %s", code, r.err)
	}
	if text := r.out.String(); !strings.Contains(text, `"max_channels": {`) || !strings.HasSuffix(text, "}\n") {
		t.Errorf("got %s", text)
	}
}

// TestConfigChecks: what is wrong is told, and so is what is in effect.
func TestConfigChecks(t *testing.T) {
	r := newRig(t)
	if code := r.run(t, "config", "--max-channels=0"); code != exitUsage {
		t.Errorf("code %d", code)
	}
	if text := r.err.String(); !strings.Contains(text, "2 errors") || !strings.Contains(text, "max_channels = ") || !strings.Contains(text, "require_auth = true") {
		t.Errorf("got %s", text)
	}
	if !strings.Contains(r.out.String(), "max_channels: 1024") {
		t.Errorf("got %s", r.out)
	}
}
