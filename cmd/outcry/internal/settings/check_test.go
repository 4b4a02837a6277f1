package settings

import (
	"strings"
	"testing"
)

func TestContradictions(t *testing.T) {
	const open = "--require-auth=false"
	for name, tt := range map[string]struct {
		args []string
		want string // empty: none
	}{
		"open to everybody":      {[]string{open}, ""},
		"key given":              {[]string{"--jwt-secret=" + secretA}, ""},
		"key and open":           {[]string{"--jwt-secret=" + secretA, open}, ""},
		"no key":                 {nil, "require_auth = true (default): no key to verify tokens with, so nobody could connect. Two ways out: set jwt_secret"},
		"queue too small":        {[]string{open, "--queue-bytes=1052671"}, "queue_bytes = 1052671 (--queue-bytes): a message of the largest size would not fit; allowed: at least max_message_size + 4096 = 1052672 (max_message_size is 1048576: default)"},
		"queue just fits":        {[]string{open, "--queue-bytes=1052672"}, ""},
		"message too large":      {[]string{open, "--max-message-size=2097152"}, "queue_bytes = 2097152 (default): a message of the largest size would not fit; allowed: at least max_message_size + 4096 = 2101248 (max_message_size is 2097152: --max-message-size)"},
		"broadcast buffer":       {[]string{open, "--broadcast-buffer-bytes=1000"}, "broadcast_buffer_bytes = 1000 (--broadcast-buffer-bytes): a message of the largest size"},
		"redis":                  {[]string{open, "--use-redis-pubsub"}, "use_redis_pubsub = true (--use-redis-pubsub): Redis comes with a later version, and this one would leave the nodes unconnected; allowed: false"},
		"same address":           {[]string{open, "--address=:8001", "--admin-address=:8001"}, "admin_address = :8001 (--admin-address): address (--address) is the same; allowed: another port, or empty for none"},
		"same address, any port": {[]string{open, "--address=:0", "--admin-address=:0"}, ""},
		"no admin listener":      {[]string{open, "--admin-address="}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := lines(Load(Sources{Dir: t.TempDir(), Flags: parseFlags(t, tt.args...)}).Check())
			switch {
			case tt.want == "" && len(got) != 0:
				t.Errorf("got %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)):
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestTwoWaysOut(t *testing.T) {
	err := Load(Sources{Dir: t.TempDir()}).Check()
	for _, want := range []string{"set jwt_secret", "jwt_secret_file", "WEBSOCKET_JWT_SECRET", "openssl rand -base64 48", "require_auth: false", "--dev"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
}

func TestDevelop(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		address string
		want    string // empty: no problem
	}{
		"default":              {nil, "127.0.0.1:8000", ""},
		"loopback given":       {[]string{"--address=127.0.0.5:9000"}, "127.0.0.5:9000", ""},
		"IPv6 loopback":        {[]string{"--address=[::1]:9000"}, "[::1]:9000", ""},
		"localhost":            {[]string{"--address=localhost:9000"}, "localhost:9000", ""},
		"no admin listener":    {[]string{"--admin-address="}, "127.0.0.1:8000", ""},
		"every interface":      {[]string{"--address=:8000"}, ":8000", `address = ":8000" (--address): development mode lets everybody in`},
		"unspecified":          {[]string{"--address=0.0.0.0:8000"}, "0.0.0.0:8000", `address = "0.0.0.0:8000" (--address): development mode`},
		"another machine":      {[]string{"--address=192.0.2.1:8000"}, "192.0.2.1:8000", `address = "192.0.2.1:8000" (--address): development mode`},
		"name that may be any": {[]string{"--address=localhost.example.com:1"}, "localhost.example.com:1", `address = "localhost.example.com:1" (--address): development mode`},
		"admin address":        {[]string{"--admin-address=:8001"}, "127.0.0.1:8000", `admin_address = ":8001" (--admin-address): development mode`},
		"wrong address":        {[]string{"--address=x"}, ":8000", `address = "x" (--address): allowed: host:port`},
	} {
		t.Run(name, func(t *testing.T) {
			e := Load(Sources{Dir: t.TempDir(), Flags: parseFlags(t, tt.args...)})
			e.Develop()
			got := lines(e.Check())
			switch {
			case tt.want == "" && len(got) != 0:
				t.Errorf("got %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)):
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if got := e.Settings.Listen.Address; got != tt.address {
				t.Errorf("address %s, want %s", got, tt.address)
			}
			if e.Settings.Access.RequireAuth || e.Origin("require_auth").String() != "--dev" {
				t.Error("require_auth is on")
			}
		})
	}
}

func TestDevelopAppendsARule(t *testing.T) {
	dir := write(t, map[string]string{"outcry.yaml": "rules: [{match: a.*, priority: high}]"})
	e := Load(Sources{Dir: dir})
	e.Develop()
	want := Rule{Match: ">", ClientPublish: true, Presence: true, Priority: "normal", Overflow: "gap"}
	if got := e.Settings.Rules; len(got) != 2 || got[0].Match != "a.*" || got[1] != want {
		t.Errorf("got %+v", got)
	}
}
