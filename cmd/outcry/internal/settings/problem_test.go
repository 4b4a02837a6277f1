package settings

import (
	"path/filepath"
	"strings"
	"testing"
)

// lines splits the text of Errors.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	if one, ok := strings.CutPrefix(err.Error(), "configuration: "); ok && !strings.Contains(one, "\n") {
		return []string{one}
	}
	_, text, _ := strings.Cut(err.Error(), "\n")
	var found []string
	for line := range strings.Lines(text) {
		found = append(found, strings.TrimSuffix(strings.TrimPrefix(line, "  - "), "\n"))
	}
	return found
}

// TestFileProblems: each file has one problem, which is told in one line.
func TestFileProblems(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"unknown key":         {"max_conections: 1", "max_conections (outcry.yaml:1:1): unknown key; did you mean max_connections?"},
		"unknown in section":  {"\nlog:\n  leve: info", "log.leve (outcry.yaml:3:3): unknown key; did you mean log.level?"},
		"nothing like it":     {"zzzzzz: 1", "zzzzzz (outcry.yaml:1:1): unknown key"},
		"later issue's key":   {"redis:\n  address: x", "redis (outcry.yaml:1:1): unknown key"},
		"merge key":           {"<<: {a: 1}", "<< (outcry.yaml:1:1): unknown key"},
		"zero limit":          {"max_connections: 0", `max_connections = "0" (outcry.yaml:1:1): allowed: an integer from 1 to 10000000`},
		"negative limit":      {"max_channels: -5", `max_channels = "-5" (outcry.yaml:1:1): allowed: an integer from 1 to 1048576`},
		"fraction":            {"max_channels: 1.5", `max_channels = "1.5" (outcry.yaml:1:1): allowed: an integer from 1 to 1048576`},
		"exponent":            {"max_channels: 1e3", `max_channels = "1e3" (outcry.yaml:1:1): allowed: an integer from 1 to 1048576`},
		"too large":           {"max_channels: 99999999999999999999", `max_channels = "99999999999999999999" (outcry.yaml:1:1): allowed: an integer from 1 to 1048576`},
		"no value":            {"max_channels:", "max_channels (outcry.yaml:1:1): not a plain value; allowed: an integer from 1 to 1048576"},
		"list for a number":   {"max_channels: [1]", "max_channels (outcry.yaml:1:1): not a plain value; allowed: an integer from 1 to 1048576"},
		"zero deadline":       {"ping_timeout: 0", `ping_timeout = "0" (outcry.yaml:1:1): allowed: a time from 10ms to 168h; a bare number is in seconds`},
		"negative time":       {"ping_interval: -1", `ping_interval = "-1" (outcry.yaml:1:1): allowed: 0 for off, or a time from 10ms to 168h; a bare number is in seconds`},
		"unit unknown":        {"ping_interval: 20 s", `ping_interval = "20 s" (outcry.yaml:1:1): allowed: 0 for off, or a time from 10ms to 168h; a bare number is in seconds`},
		"not a number":        {"ping_interval: .nan", `ping_interval = ".nan" (outcry.yaml:1:1): allowed: 0 for off, or a time from 10ms to 168h; a bare number is in seconds`},
		"bool":                {"require_auth: maybe", `require_auth = "maybe" (outcry.yaml:1:1): allowed: true or false`},
		"short secret":        {"jwt_secret: abc", "jwt_secret (outcry.yaml:1:1): only 3 bytes long; allowed: at least 32 bytes (RFC 7518, section 3.2); make one with: openssl rand -base64 48"},
		"bad API key":         {"api_keys: [long-enough-key, 'with space']", "api_keys (outcry.yaml:1:1): item 2: allowed: 8 to 512 visible ASCII characters without a comma"},
		"origin with path":    {"allowed_origins: [https://a.b/]", `allowed_origins = "https://a.b/" (outcry.yaml:1:1): item "https://a.b/": allowed: "*", or exact origins such as "https://app.example.com:8443"`},
		"case 3, origin null": {"allowed_origins: ['null']", `allowed_origins = "null" (outcry.yaml:1:1): item "null": allowed: "*", or exact origins such as "https://app.example.com:8443"`},
		"origin wildcard":     {"allowed_origins: ['https://*.a.b']", `allowed_origins = "https://*.a.b" (outcry.yaml:1:1): item "https://*.a.b": an origin is compared exactly, so a part of it cannot be a wildcard; allowed: "*", or exact origins such as "https://app.example.com:8443"`},
		"host with port":      {"allowed_hosts: ['a:80']", `allowed_hosts = "a:80" (outcry.yaml:1:1): item "a:80": allowed: host names or addresses without a port`},
		"proxy":               {"trusted_proxies: [10.0.0.0/99]", `trusted_proxies = "10.0.0.0/99" (outcry.yaml:1:1): item "10.0.0.0/99": allowed: networks such as "10.0.0.0/8", or single addresses`},
		"item not plain":      {"allowed_hosts: [[a]]", "allowed_hosts (outcry.yaml:1:17): an item is not a plain value; allowed: host names or addresses without a port"},
		"address":             {"address: localhost", `address = "localhost" (outcry.yaml:1:1): allowed: host:port; without a host, every interface`},
		"port":                {"address: ':70000'", `address = ":70000" (outcry.yaml:1:1): allowed: host:port; without a host, every interface`},
		"transport":           {"transport: tcp", `transport = "tcp" (outcry.yaml:1:1): allowed: one of auto, epoll, goroutine; epoll on Linux only`},
		"choice":              {"log: {level: trace}", `log.level = "trace" (outcry.yaml:1:7): allowed: one of debug, info, warn, error`},
		"compression level":   {"compression: {level: 10}", `compression.level = "10" (outcry.yaml:1:15): allowed: an integer from 1 to 9`},
		"compression":         {"compression: on", "compression (outcry.yaml:1:14): allowed: a mapping, that is lines of the form \"key: value\""},
		"section not mapping": {"log: info", "log (outcry.yaml:1:6): allowed: a mapping, that is lines of the form \"key: value\""},
		"top not mapping":     {"- a", "outcry.yaml:1:1: allowed: a mapping, that is lines of the form \"key: value\""},
		"anchor":              {"node_name: &a x", "node_name (outcry.yaml:1:1): not a plain value; allowed: at most 64 letters, digits and . _ : -"},
		"two documents":       {"max_channels: 1\n---\nmax_channels: 2", "outcry.yaml:3:13: one document is allowed, and this is the second"},
		"doubled key":         {"max_channels: 1\nmax_channels: 2", "outcry.yaml:2:1: mapping key \"max_channels\" already defined at [1:1]"},
		"syntax":              {"a: [1", "outcry.yaml:1:4: sequence end token ']' not found"},
		"tab":                 {"log:\n\tlevel: info", "outcry.yaml:2:1: found character '\t' that cannot start any token"},
		"control characters":  {"node_name: \"a\\nb\"", `node_name = "a\nb" (outcry.yaml:1:1): allowed: at most 64 letters, digits and . _ : -`},
		"long value":          {"node_name: " + strings.Repeat("x", 500), `node_name = "` + strings.Repeat("x", 80) + `"… (outcry.yaml:1:1): allowed: at most 64 letters, digits and . _ : -`},
		"rules not list":      {"rules: {}", "rules (outcry.yaml:1:1): allowed: a list of rules"},
		"rule not mapping":    {"rules: [a]", "rules[0] (outcry.yaml:1:9): allowed: a mapping with the key match"},
		"rule without match":  {"rules:\n  - presence: true", "rules[0].match (outcry.yaml:2:13): missing; allowed: a channel name or pattern"},
		"rule unknown key":    {"rules:\n  - match: a\n    presence_: true", "rules[0].presence_ (outcry.yaml:3:5): unknown key; did you mean presence?"},
		"rule bad pattern":    {"rules:\n  - match: a.>.b", `rules[0].match = "a.>.b" (outcry.yaml:2:5): `},
		"rule internal":       {"rules:\n  - match: '@all'", `rules[0].match = "@all" (outcry.yaml:2:5): `},
		"rule value":          {"rules:\n  - match: a\n    overflow: drop", `rules[0].overflow = "drop" (outcry.yaml:3:5): allowed: one of gap, close`},
		"rule not plain":      {"rules:\n  - match: [a]", "rules[0].match (outcry.yaml:2:5): not a plain value; allowed: a channel name or pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lines(Load(Sources{Dir: write(t, map[string]string{"outcry.yaml": tt.file})}).Err())
			if len(got) != 1 || !strings.HasPrefix(got[0], tt.want) || !strings.HasSuffix(tt.want, ": ") && got[0] != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestEmptyFiles(t *testing.T) {
	for name, file := range map[string]string{
		"empty": "", "comments": "# nothing\n", "null": "null\n", "empty sections": "log:\nrules:\napi_keys:\n", "mark": "---\n",
	} {
		t.Run(name, func(t *testing.T) {
			e := Load(Sources{Dir: write(t, map[string]string{"outcry.yaml": file})})
			if err := e.Err(); err != nil {
				t.Error(err)
			}
			if got := e.Settings.Timing; got != Default().Timing {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestEveryProblemIsListed has several of them in every source.
func TestEveryProblemIsListed(t *testing.T) {
	dir := write(t, map[string]string{
		"outcry.yaml": "max_conections: 1\nmax_channels: 0\nqueue_bytes: 1000\nrules:\n  - match: '@x'\n  - mach: y\n",
		".env":        "WEBSOCKET_LOG_LEVEL=loud\n",
	})
	e := Load(Sources{
		Dir:     dir,
		Environ: []string{"WEBSOCKET_JWT_SECRET=hunter2", "WEBSOCKET_USE_REDIS_PUBSUB=1"},
		Flags:   parseFlags(t, "--max-retries=0", "--address=x", "--admin-address=:8000"),
	})
	got := lines(e.Check())
	for _, want := range []string{
		"max_conections (outcry.yaml:1:1)", "max_channels = ", "rules[0].match = ", "rules[1].mach (", "rules[1].match (",
		`log.level = "loud" (WEBSOCKET_LOG_LEVEL in .env)`, "jwt_secret (WEBSOCKET_JWT_SECRET)",
		`max_retries = "0" (--max-retries)`, `address = "x" (--address)`,
		"queue_bytes = 1000 (outcry.yaml:3:1)", "use_redis_pubsub = true (WEBSOCKET_USE_REDIS_PUBSUB)",
	} {
		found := 0
		for _, line := range got {
			if strings.HasPrefix(line, want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%q: told %d times in %q", want, found, got)
		}
	}
	if len(got) != 11 {
		t.Errorf("got %d problems: %q", len(got), got)
	}
	if text := e.Check().Error(); strings.Contains(text, "hunter2") {
		t.Errorf("a secret is shown: %s", text)
	}
}

// TestNothingFollowsFromAMissingSource: a file that is not YAML may well hold
// the key whose absence would else be told too.
func TestNothingFollowsFromAMissingSource(t *testing.T) {
	e := Load(Sources{Dir: write(t, map[string]string{"outcry.yaml": "jwt_secret: [" + secretA})})
	if got := lines(e.Check()); len(got) != 1 || !strings.HasPrefix(got[0], "outcry.yaml:1:") || strings.Contains(got[0], secretA) {
		t.Errorf("got %q", got)
	}
}

func TestUnreadableSources(t *testing.T) {
	dir := write(t, map[string]string{".env": "=\"hunter2", "big.yaml": strings.Repeat("#", maxFile+1)})
	e := Load(Sources{Dir: dir, ConfigFile: filepath.Join(dir, "none.yaml")})
	got := lines(e.Err())
	want := []string{
		filepath.Join(dir, "none.yaml") + ": cannot be read: no such file or directory",
		".env: not lines of the form NAME=value",
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
	got = lines(Load(Sources{Dir: dir, ConfigFile: filepath.Join(dir, "big.yaml"), EnvFile: filepath.Join(dir, "none.env")}).Err())
	want = []string{
		filepath.Join(dir, "big.yaml") + ": cannot be read: larger than 1048576 bytes",
		filepath.Join(dir, "none.env") + ": cannot be read: no such file or directory",
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}
