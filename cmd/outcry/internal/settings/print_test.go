package settings

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func effective(t *testing.T) *Effective {
	t.Helper()
	dir := write(t, map[string]string{
		"outcry.yaml": "allowed_hosts: ['a.b', '::1']\nlog:\n  file: \"lögs/a b.log\"\nrules: [{match: 'chat.*', client_publish: true}]\n",
	})
	return Load(Sources{
		Dir:     dir,
		Environ: []string{"WEBSOCKET_JWT_SECRET=" + secretA, "WEBSOCKET_API_KEYS=key-number-000001,key-number-000002", "WEBSOCKET_PING_INTERVAL=0"},
		Flags:   parseFlags(t, "--drain-timeout=90", "--trusted-proxies=10.0.0.0/8"),
	})
}

// TestWriteYAML: what is printed is a file that gives the same settings, but
// for the secrets.
func TestWriteYAML(t *testing.T) {
	e := effective(t)
	var out bytes.Buffer
	if err := e.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"max_channels: 1024                           # default\n",
		"ping_interval: 0                             # WEBSOCKET_PING_INTERVAL\n",
		"drain_timeout: 1m30s                         # --drain-timeout\n",
		"jwt_secret: \"********\"                       # WEBSOCKET_JWT_SECRET\n",
		"api_keys: [\"********\", \"********\"]           # WEBSOCKET_API_KEYS\n",
		"log:\n", "rules:                                       # outcry.yaml:4:1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	checkMasked(t, text)

	again := strings.NewReplacer(`jwt_secret: "********"`, `jwt_secret: "`+secretA+`"`,
		`"********", "********"`, `"key-number-000001", "key-number-000002"`).Replace(text)
	e2 := Load(Sources{Dir: write(t, map[string]string{"outcry.yaml": again})})
	if err := e2.Check(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.Settings, e2.Settings, cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestWriteJSON(t *testing.T) {
	var out bytes.Buffer
	if err := effective(t).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	checkMasked(t, out.String())
	var got map[string]struct {
		Value  any    `json:"value"`
		Source string `json:"source"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := len(Keys()) + 1; len(got) != want {
		t.Errorf("%d settings, want %d", len(got), want)
	}
	for path, want := range map[string]any{
		"max_channels": 1024.0, "require_auth": true, "drain_timeout": "1m30s", "ping_interval": "0",
		"jwt_secret": "********", "jwt_secret_file": "", "api_keys": []any{"********", "********"},
		"trusted_proxies": []any{"10.0.0.0/8"}, "log.file": "lögs/a b.log",
		"rules": []any{map[string]any{"match": "chat.*", "client_publish": true, "presence": false, "priority": "normal", "overflow": "gap"}},
	} {
		if diff := cmp.Diff(want, got[path].Value); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if got := got["jwt_secret"].Source; got != "WEBSOCKET_JWT_SECRET" {
		t.Errorf("source %q", got)
	}
}

func checkMasked(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "aaaa") || strings.Contains(text, "key-number") {
		t.Errorf("a secret is shown:\n%s", text)
	}
}
