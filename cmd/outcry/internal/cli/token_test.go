package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/jwtauth"
)

func TestToken(t *testing.T) {
	r := newRig(t)
	if err := os.WriteFile(filepath.Join(r.Dir, ".env"), []byte("WEBSOCKET_JWT_SECRET="+testSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now().Truncate(time.Second)
	code := r.run(t, "token", "--json", "--user", "u1", "--role", "a", "--role", "b", "--group", "vip",
		"--channel", "orders.u1", "--ttl", "90", "--meta", `{"plan": "pro"}`)
	if code != exitOK {
		t.Fatalf("code %d: %s", code, r.err)
	}
	var got minted
	if err := json.Unmarshal([]byte(r.out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if left := got.ExpiresAt.Sub(start); got.UserID != "u1" || left < 90*time.Second || left > 90*time.Second+patience {
		t.Errorf("got %+v", got)
	}
	verifier, err := jwtauth.New(jwtauth.Config{Secret: []byte(testSecret)})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := verifier.Authenticate(t.Context(), got.Token)
	if err != nil {
		t.Fatal(err)
	}
	want := outcry.Identity{
		UserID: "u1", Roles: []string{"a", "b"}, Groups: []string{"vip"}, Channels: []string{"orders.u1"},
		Metadata: []byte(`{"plan":"pro"}`), ExpiresAt: identity.ExpiresAt,
	}
	if diff := cmp.Diff(want, identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

func TestTokenRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no secret":    {[]string{"--user", "u"}, "no jwt_secret to sign with"},
		"short secret": {[]string{"--user", "u", "--jwt-secret", "hunter2"}, "only 7 bytes long"},
		"no user":      {[]string{"--jwt-secret", testSecret}, "claim sub: empty or missing"},
		"bad user":     {[]string{"--jwt-secret", testSecret, "--user", "*"}, "claim sub: character '*'"},
		"bad lifetime": {[]string{"--jwt-secret", testSecret, "--user", "u", "--ttl", "soon"}, `--ttl "soon": allowed: a time`},
		"no lifetime":  {[]string{"--jwt-secret", testSecret, "--user", "u", "--ttl", "0"}, "lifetime 0s: must be at least a second"},
		"bad metadata": {[]string{"--jwt-secret", testSecret, "--user", "u", "--meta", "[]"}, "claim meta: not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if code := r.run(t, append([]string{"token"}, tt.args...)...); code != exitUsage {
				t.Errorf("code %d", code)
			}
			if text := r.err.String(); !strings.Contains(text, tt.want) || strings.Contains(text, "hunter2") {
				t.Errorf("got %q, want %q", text, tt.want)
			}
			if r.out.String() != "" {
				t.Errorf("on standard output: %q", r.out)
			}
		})
	}
}
