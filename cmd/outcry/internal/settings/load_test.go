package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

const (
	secretA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	secretB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// samples gives each key two values other than its default, as a variable or
// flag writes them, and what they are.
func samples() map[string][2]sample {
	return map[string][2]sample{
		"address":                {{":9000", ":9000"}, {"127.0.0.1:9001", "127.0.0.1:9001"}},
		"admin_address":          {{"127.0.0.1:9002", "127.0.0.1:9002"}, {"[::1]:9003", "[::1]:9003"}},
		"node_name":              {{"n1", "n1"}, {"a.b_c:d-e", "a.b_c:d-e"}},
		"header_timeout":         {{"7", 7 * time.Second}, {"1m30s", 90 * time.Second}},
		"transport":              {{"goroutine", "goroutine"}, {"goroutine", "goroutine"}}, // epoll is not for every system
		"require_auth":           {{"false", false}, {"no", false}},
		"jwt_secret":             {{secretA, secretA}, {secretB, secretB}},
		"jwt_secret_file":        {{"", ""}, {"", ""}},
		"api_keys":               {{"k-000001", []string{"k-000001"}}, {"k-000002, k-000003", []string{"k-000002", "k-000003"}}},
		"api_keys_file":          {{"", ""}, {"", ""}},
		"token_in_query":         {{"off", false}, {"0", false}},
		"allowed_origins":        {{"https://a.b", []string{"https://a.b"}}, {"http://c:1,capacitor://localhost", []string{"http://c:1", "capacitor://localhost"}}},
		"allowed_hosts":          {{"a.b", []string{"a.b"}}, {"::1,c", []string{"::1", "c"}}},
		"trusted_proxies":        {{"10.0.0.0/8", []string{"10.0.0.0/8"}}, {"10.1.2.3/8,::1", []string{"10.0.0.0/8", "::1/128"}}},
		"max_connections":        {{"1", 1}, {"10000000", 10_000_000}},
		"max_unauthenticated":    {{"1", 1}, {"7", 7}},
		"max_message_size":       {{"128", 128}, {"65536", 65536}},
		"max_fragments":          {{"1", 1}, {"3", 3}},
		"max_channels":           {{"1", 1}, {"4", 4}},
		"ping_interval":          {{"0", time.Duration(0)}, {"0.5", 500 * time.Millisecond}},
		"ping_timeout":           {{"3", 3 * time.Second}, {"10ms", 10 * time.Millisecond}},
		"heartbeat_interval":     {{"0", time.Duration(0)}, {"0s", time.Duration(0)}},
		"connection_timeout":     {{"90", 90 * time.Second}, {"168h", 168 * time.Hour}},
		"auth_timeout":           {{"1", time.Second}, {"2s", 2 * time.Second}},
		"message_timeout":        {{"1", time.Second}, {"2s", 2 * time.Second}},
		"write_timeout":          {{"1", time.Second}, {"2s", 2 * time.Second}},
		"drain_timeout":          {{"1", time.Second}, {"2s", 2 * time.Second}},
		"flush_window":           {{"0", time.Duration(0)}, {"500us", 500 * time.Microsecond}},
		"message_queue_size":     {{"1", 1}, {"7", 7}},
		"queue_bytes":            {{"4194304", 4 << 20}, {"8388608", 8 << 20}},
		"broadcast_buffer_size":  {{"1", 1}, {"7", 7}},
		"broadcast_buffer_bytes": {{"4194304", 4 << 20}, {"8388608", 8 << 20}},
		"socket_unsent":          {{"0", 0}, {"4096", 4096}},
		"compression.enabled":    {{"true", true}, {"on", true}},
		"compression.level":      {{"9", 9}, {"6", 6}},
		"compression.min_size":   {{"1", 1}, {"1024", 1024}},
		"use_redis_pubsub":       {{"true", true}, {"YES", true}},
		"redis_channel_prefix":   {{"p", "p"}, {"a.b", "a.b"}},
		"max_retries":            {{"1", 1}, {"9", 9}},
		"retry_timeout_seconds":  {{"1", time.Second}, {"2.5", 2500 * time.Millisecond}},
		"log.level":              {{"debug", "debug"}, {"error", "error"}},
		"log.format":             {{"json", "json"}, {"json", "json"}},
		"log.file":               {{"a.log", "a.log"}, {"logs/b.log", "logs/b.log"}},
		"log.max_size_mb":        {{"1", 1}, {"7", 7}},
		"log.max_backups":        {{"1", 1}, {"7", 7}},
		"log.max_age_days":       {{"1", 1}, {"7", 7}},
		"log.compress":           {{"false", false}, {"No", false}},
	}
}

type sample struct {
	text string
	want any
}

// yamlText writes a sample as the value of a key in a file.
func yamlText(k *Key, text string) string {
	if k.Kind == List {
		return "[" + text + "]"
	}
	if text == "" || strings.ContainsAny(text, ":[") {
		return `"` + text + `"`
	}
	return text
}

// write puts files into a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// parseFlags is a command line.
func parseFlags(t *testing.T, args ...string) *Flags {
	t.Helper()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags := NewFlags(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

// TestEveryKeyFromEverySource sets each key in the file, the .env file, the
// environment and by a flag, each overriding the one before.
func TestEveryKeyFromEverySource(t *testing.T) {
	all, keys := samples(), Keys()
	for i := range keys {
		t.Run(keys[i].Path, func(t *testing.T) {
			pair, ok := all[keys[i].Path]
			if !ok {
				t.Fatal("no sample")
			}
			checkSources(t, &keys[i], pair[0], pair[1])
		})
	}
}

func checkSources(t *testing.T, k *Key, a, b sample) {
	t.Helper()
	line := k.Path + ": " + yamlText(k, a.text) + "\n"
	if section, name, ok := strings.Cut(k.Path, "."); ok {
		line = section + ":\n  " + name + ": " + yamlText(k, a.text) + "\n"
	}
	env := func(s sample) string { return k.Env() + "=" + s.text }
	dir := write(t, map[string]string{"outcry.yaml": line})
	dotenv := write(t, map[string]string{"outcry.yaml": line, ".env": env(b) + "\n"})
	defaults := Default()
	for _, step := range []struct {
		name   string
		src    Sources
		want   any
		origin string
	}{
		{"default", Sources{Dir: t.TempDir()}, k.value(&defaults), "default"},
		{"file", Sources{Dir: dir}, a.want, "outcry.yaml:"},
		{"dotenv", Sources{Dir: dotenv}, b.want, k.Env() + " in .env"},
		{"environment", Sources{Dir: dotenv, Environ: []string{env(a)}}, a.want, k.Env()},
		{"flag", Sources{Dir: dotenv, Environ: []string{env(a)}, Flags: parseFlags(t, "--"+k.Flag()+"="+b.text)}, b.want, "--" + k.Flag()},
	} {
		e := Load(step.src)
		if err := e.Err(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, k.value(&e.Settings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		// An empty variable counts as not set, so it has no origin.
		if got := e.Origin(k.Path).String(); !strings.HasPrefix(got, step.origin) && a.text != "" {
			t.Errorf("%s: origin %q, want %q", step.name, got, step.origin)
		}
	}
}

func TestListFlagsAddUp(t *testing.T) {
	flags := parseFlags(t, "--allowed-hosts", "a,b", "--allowed-hosts=c")
	e := Load(Sources{Dir: t.TempDir(), Flags: flags, Environ: []string{"WEBSOCKET_ALLOWED_HOSTS=z"}})
	if diff := cmp.Diff([]string{"a", "b", "c"}, e.Settings.Access.AllowedHosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
}

func TestFlagWithoutValue(t *testing.T) {
	e := Load(Sources{Dir: t.TempDir(), Flags: parseFlags(t, "--use-redis-pubsub", "--require-auth=false")})
	if !e.Settings.Redis.UsePubSub || e.Settings.Access.RequireAuth {
		t.Errorf("got %+v, %+v", e.Settings.Redis, e.Settings.Access)
	}
}

func TestNamedFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"outcry.yaml": "max_channels: 1", ".env": "WEBSOCKET_MAX_FRAGMENTS=1",
		"other.yaml": "max_channels: 2", "other.env": "export WEBSOCKET_MAX_FRAGMENTS='2' # two\n",
	})
	e := Load(Sources{Dir: dir, ConfigFile: filepath.Join(dir, "other.yaml"), EnvFile: filepath.Join(dir, "other.env")})
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	if l := e.Settings.Limits; l.MaxChannels != 2 || l.MaxFragments != 2 {
		t.Errorf("got %+v", l)
	}
}

func TestRules(t *testing.T) {
	dir := write(t, map[string]string{"outcry.yaml": `
rules:
  - match: "quotes.*"
    priority: high
  - {match: chat.>, client_publish: yes, presence: true, overflow: close, priority: low}
`})
	e := Load(Sources{Dir: dir})
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{Match: "quotes.*", Priority: "high", Overflow: "gap"},
		{Match: "chat.>", ClientPublish: true, Presence: true, Priority: "low", Overflow: "close"},
	}
	if diff := cmp.Diff(want, e.Settings.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if got := e.Origin("rules").String(); got != "outcry.yaml:2:1" {
		t.Errorf("origin %s", got)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"secret": secretA + "\r\n",
		"keys":   "key-number-000001\n\n  key-number-000002  \n",
		"empty":  "\n",
		"short":  "abc",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Run("read", func(t *testing.T) {
		e := Load(Sources{Dir: dir, Environ: []string{"WEBSOCKET_JWT_SECRET_FILE=" + at("secret"), "WEBSOCKET_API_KEYS_FILE=" + at("keys")}})
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		a := &e.Settings.Access
		if a.JWTSecret != secretA || !cmp.Equal(a.APIKeys, []string{"key-number-000001", "key-number-000002"}) {
			t.Errorf("got %+v", a)
		}
		if got, want := e.Origin("jwt_secret").String(), "file "+at("secret")+", named by WEBSOCKET_JWT_SECRET_FILE"; got != want {
			t.Errorf("origin %q, want %q", got, want)
		}
	})
	for name, tt := range map[string]struct{ env, want string }{
		"absent": {"WEBSOCKET_JWT_SECRET_FILE=" + at("none"), "jwt_secret_file = \"" + at("none") + "\" (WEBSOCKET_JWT_SECRET_FILE): cannot be read: no such file"},
		"empty":  {"WEBSOCKET_API_KEYS_FILE=" + at("empty"), "the file is empty; allowed: 8 to 512"},
		"short":  {"WEBSOCKET_JWT_SECRET_FILE=" + at("short"), "jwt_secret (file " + at("short") + ", named by WEBSOCKET_JWT_SECRET_FILE): only 3 bytes long"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Load(Sources{Dir: dir, Environ: []string{tt.env}}).Err()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("both given", func(t *testing.T) {
		err := Load(Sources{Dir: dir, Environ: []string{
			"WEBSOCKET_JWT_SECRET=" + secretB, "WEBSOCKET_JWT_SECRET_FILE=" + at("secret"),
			"WEBSOCKET_API_KEYS=key-number-000003", "WEBSOCKET_API_KEYS_FILE=" + at("keys"),
		}}).Err()
		for _, want := range []string{
			"jwt_secret (WEBSOCKET_JWT_SECRET): jwt_secret_file (WEBSOCKET_JWT_SECRET_FILE) is given too; allowed: one of the two",
			"api_keys (WEBSOCKET_API_KEYS): api_keys_file (WEBSOCKET_API_KEYS_FILE) is given too; allowed: one of the two",
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

func TestWarnings(t *testing.T) {
	dir := write(t, map[string]string{".env": "WEBSOCKET_MAX_CHANELS=1\nOTHER=1\n"})
	e := Load(Sources{Dir: dir, Environ: []string{"WEBSOCKET_FOO=s3cret-value", "WEBSOCKET_MAX_CHANNELS=", "WEBSOCKETX=1", "WEBSOCKET_API_KEYS=k-000001"}})
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"WEBSOCKET_MAX_CHANELS in .env: unknown variable, ignored; did you mean WEBSOCKET_MAX_CHANNELS?",
		"WEBSOCKET_FOO: unknown variable, ignored",
		"api_keys (WEBSOCKET_API_KEYS): item 1 has fewer than 16 characters and could be guessed; make one with: openssl rand -hex 24",
	}
	if diff := cmp.Diff(want, e.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if e.Settings.Limits.MaxChannels != Default().Limits.MaxChannels {
		t.Error("an empty variable counts as set")
	}
}
