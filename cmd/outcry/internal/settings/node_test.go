package settings

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outcry-dev/outcry"
)

// TestNode maps settings in which no two values are alike, so that no field
// can stand for another.
func TestNode(t *testing.T) {
	s := Settings{
		Listen: Listen{NodeName: "n1", Transport: "goroutine"},
		Access: Access{
			RequireAuth: true, TokenInQuery: true, AllowedOrigins: []string{"https://a"}, AllowedHosts: []string{"h"},
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		},
		Limits:      Limits{1, 2, 3, 4, 5},
		Timing:      Timing{11, 12, 13, 14, 15, 16, 17, 18, 19},
		Queue:       Queue{21, 22, 23, 24, 25},
		Compression: Compression{true, 31, 32},
		Rules: []Rule{
			{Match: "a", ClientPublish: true, Priority: "high", Overflow: "close"},
			{Match: "b", Presence: true, Priority: "low", Overflow: "gap"},
			{Match: "c", Priority: "normal", Overflow: "gap"},
		},
	}
	want := outcry.Config{
		NodeName:  "n1",
		Transport: outcry.TransportGoroutine,
		Access: outcry.Access{
			AllowedOrigins: []string{"https://a"}, AllowedHosts: []string{"h"},
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		},
		Limits: outcry.Limits{MaxConnections: 1, MaxUnauthenticated: 2, MaxMessageSize: 3, MaxFragments: 4, MaxChannels: 5},
		Timing: outcry.Timing{
			PingInterval: 11, PingTimeout: 12, HeartbeatInterval: 13, ConnectionTimeout: 14, AuthTimeout: 15,
			MessageTimeout: 16, WriteTimeout: 17, DrainTimeout: 18, FlushWindow: 19,
		},
		Queue:       outcry.Queue{Messages: 21, Bytes: 22, InFlight: 23, InFlightBytes: 24, SocketUnsent: 25},
		Compression: outcry.Compression{Enabled: true, Level: 31, MinSize: 32},
		Rules: []outcry.Rule{
			{Match: "a", ClientPublish: true, Priority: outcry.PriorityHigh, Overflow: outcry.OverflowClose},
			{Match: "b", Presence: true, Priority: outcry.PriorityLow},
			{Match: "c"},
		},
	}
	if diff := cmp.Diff(want, s.Node(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// TestZeroIsOff: to a user zero is off, to the engine it is the default.
func TestZeroIsOff(t *testing.T) {
	e := Load(Sources{Dir: t.TempDir(), Flags: parseFlags(t,
		"--ping-interval=0", "--heartbeat-interval=0", "--flush-window=0", "--socket-unsent=0", "--require-auth=false", "--token-in-query=false")})
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	got := e.Settings.Node()
	for name, off := range map[string]bool{
		"ping_interval":      got.Timing.PingInterval < 0,
		"heartbeat_interval": got.Timing.HeartbeatInterval < 0,
		"flush_window":       got.Timing.FlushWindow < 0,
		"socket_unsent":      got.Queue.SocketUnsent < 0,
		"require_auth":       got.Access.Insecure,
		"token_in_query":     got.Access.RefuseQueryToken,
	} {
		if !off {
			t.Errorf("%s is not off", name)
		}
	}
}

// TestZeroOfALimit covers case 51 for the sources: zero and negative values of
// all that cannot be off are refused.
func TestZeroOfALimit(t *testing.T) {
	off := map[string]bool{"ping_interval": true, "heartbeat_interval": true, "flush_window": true, "socket_unsent": true}
	keys := Keys()
	for i := range keys {
		k := &keys[i]
		if k.Kind != Integer && k.Kind != Duration {
			continue
		}
		for _, value := range []string{"0", "-1"} {
			t.Run(k.Path+"="+value, func(t *testing.T) {
				err := Load(Sources{Dir: t.TempDir(), Environ: []string{k.Env() + "=" + value}}).Err()
				if allowed := value == "0" && off[k.Path]; allowed != (err == nil) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

// TestBoundsAreTheEngines: what is allowed here the engine takes, at both ends
// of every range.
func TestBoundsAreTheEngines(t *testing.T) {
	for name, args := range map[string][]string{
		"least": {
			"--max-connections=1", "--max-unauthenticated=1", "--max-message-size=128", "--max-fragments=1", "--max-channels=1",
			"--ping-interval=10ms", "--ping-timeout=10ms", "--heartbeat-interval=10ms", "--connection-timeout=10ms", "--auth-timeout=10ms",
			"--message-timeout=10ms", "--write-timeout=10ms", "--drain-timeout=10ms", "--flush-window=10us",
			"--message-queue-size=1", "--queue-bytes=4224", "--broadcast-buffer-size=1", "--broadcast-buffer-bytes=4224", "--socket-unsent=0",
			"--compression-enabled", "--compression-level=1", "--compression-min-size=1",
		},
		"most": {
			"--max-connections=10000000", "--max-unauthenticated=10000000", "--max-message-size=1073737728", "--max-fragments=1048576", "--max-channels=1048576",
			"--ping-interval=168h", "--ping-timeout=168h", "--heartbeat-interval=168h", "--connection-timeout=168h", "--auth-timeout=168h",
			"--message-timeout=168h", "--write-timeout=168h", "--drain-timeout=168h", "--flush-window=1s",
			"--message-queue-size=1048576", "--queue-bytes=1073741824", "--broadcast-buffer-size=16777216", "--broadcast-buffer-bytes=2147483647", "--socket-unsent=1073741824",
			"--compression-enabled", "--compression-level=9", "--compression-min-size=1073741824",
		},
		"default": nil,
		"off":     {"--ping-interval=0", "--heartbeat-interval=0", "--flush-window=0"},
	} {
		t.Run(name, func(t *testing.T) {
			e := Load(Sources{Dir: t.TempDir(), Flags: parseFlags(t, append(args, "--require-auth=false")...)})
			if err := e.Check(); err != nil {
				t.Fatal(err)
			}
			cfg := e.Settings.Node()
			if err := cfg.Validate(); err != nil {
				t.Errorf("the engine refuses: %v", err)
			}
		})
	}
}
