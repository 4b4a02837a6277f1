package outcry

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		change func(c *Config)
		want   string // the error begins with; "": valid
	}{
		"zero":                    {func(*Config) {}, ""},
		"loops":                   {func(c *Config) { c.Loops = 65 }, "Config.Loops 65: allowed are 1 to 64"},
		"negative loops":          {func(c *Config) { c.Loops = -1 }, "Config.Loops -1:"},
		"most loops":              {func(c *Config) { c.Loops = 64 }, ""},
		"transport":               {func(c *Config) { c.Transport = "carrier pigeon" }, `Config.Transport "carrier pigeon": allowed are "auto", "epoll" and "goroutine"`},
		"goroutine":               {func(c *Config) { c.Transport = TransportGoroutine }, ""},
		"connections":             {func(c *Config) { c.Limits.MaxConnections = -1 }, "Limits.MaxConnections -1: allowed are 1 to"},
		"unauthenticated":         {func(c *Config) { c.Limits.MaxUnauthenticated = -1 }, "Limits.MaxUnauthenticated -1:"},
		"message size":            {func(c *Config) { c.Limits.MaxMessageSize = 127 }, "Limits.MaxMessageSize 127: allowed are 128 to 1073741824"},
		"fragments":               {func(c *Config) { c.Limits.MaxFragments = 1<<20 + 1 }, "Limits.MaxFragments 1048577:"},
		"channels":                {func(c *Config) { c.Limits.MaxChannels = -1 }, "Limits.MaxChannels -1:"},
		"ping interval":           {func(c *Config) { c.Timing.PingInterval = time.Millisecond }, "Timing.PingInterval 1ms: allowed are 10ms to 168h0m0s, or negative for off"},
		"no pings":                {func(c *Config) { c.Timing.PingInterval = -1 }, ""},
		"ping timeout off":        {func(c *Config) { c.Timing.PingTimeout = -1 }, "Timing.PingTimeout -1ns: allowed are 10ms to 168h0m0s"},
		"heartbeat":               {func(c *Config) { c.Timing.HeartbeatInterval = 169 * time.Hour }, "Timing.HeartbeatInterval 169h0m0s:"},
		"no heartbeat":            {func(c *Config) { c.Timing.HeartbeatInterval = -time.Second }, ""},
		"connection timeout":      {func(c *Config) { c.Timing.ConnectionTimeout = -1 }, "Timing.ConnectionTimeout -1ns:"},
		"auth timeout":            {func(c *Config) { c.Timing.AuthTimeout = 1 }, "Timing.AuthTimeout 1ns:"},
		"message timeout":         {func(c *Config) { c.Timing.MessageTimeout = -1 }, "Timing.MessageTimeout -1ns:"},
		"write timeout":           {func(c *Config) { c.Timing.WriteTimeout = -1 }, "Timing.WriteTimeout -1ns:"},
		"drain timeout":           {func(c *Config) { c.Timing.DrainTimeout = -1 }, "Timing.DrainTimeout -1ns:"},
		"flush window":            {func(c *Config) { c.Timing.FlushWindow = 2 * time.Second }, "Timing.FlushWindow 2s: allowed are 10µs to 1s, or negative for off"},
		"no flush window":         {func(c *Config) { c.Timing.FlushWindow = -1 }, ""},
		"queue messages":          {func(c *Config) { c.Queue.Messages = -1 }, "Queue.Messages -1:"},
		"queue bytes":             {func(c *Config) { c.Queue.Bytes = 1<<20 + 4<<10 - 1 }, "Queue.Bytes 1052671: must be at least Limits.MaxMessageSize + 4096 = 1052672"},
		"just enough queue bytes": {func(c *Config) { c.Queue.Bytes = 1<<20 + 4<<10 }, ""},
		"larger message size":     {func(c *Config) { c.Limits.MaxMessageSize = 4 << 20 }, "Queue.Bytes 2097152: must be at least"},
		"in flight":               {func(c *Config) { c.Queue.InFlight = -1 }, "Queue.InFlight -1:"},
		"in flight bytes":         {func(c *Config) { c.Queue.InFlightBytes = 1 << 20 }, "Queue.InFlightBytes 1048576: must be at least"},
		"unsent":                  {func(c *Config) { c.Queue.SocketUnsent = 1<<30 + 1 }, "Queue.SocketUnsent 1073741825:"},
		"unsent of the kernel":    {func(c *Config) { c.Queue.SocketUnsent = -1 }, ""},
		"any origin":              {func(c *Config) { c.Access.AllowedOrigins = []string{"*"} }, ""},
		"origins":                 {func(c *Config) { c.Access.AllowedOrigins = []string{"https://a.com", "http://localhost:3000"} }, ""},
		"origin with wildcard":    {func(c *Config) { c.Access.AllowedOrigins = []string{"https://*.a.com"} }, `Access.AllowedOrigins "https://*.a.com": allowed are`},
		"origin without scheme":   {func(c *Config) { c.Access.AllowedOrigins = []string{"a.com"} }, `Access.AllowedOrigins "a.com":`},
		"origin with path":        {func(c *Config) { c.Access.AllowedOrigins = []string{"https://a.com/"} }, `Access.AllowedOrigins "https://a.com/":`},
		"origin with user":        {func(c *Config) { c.Access.AllowedOrigins = []string{"https://u@a.com"} }, `Access.AllowedOrigins "https://u@a.com":`},
		"origin with fragment":    {func(c *Config) { c.Access.AllowedOrigins = []string{"https://a.com#x"} }, `Access.AllowedOrigins "https://a.com#x":`},
		"origin null":             {func(c *Config) { c.Access.AllowedOrigins = []string{"null"} }, `Access.AllowedOrigins "null":`},
		"hosts":                   {func(c *Config) { c.Access.AllowedHosts = []string{"a.com", "127.0.0.1", "::1", "[::1]"} }, ""},
		"host with port":          {func(c *Config) { c.Access.AllowedHosts = []string{"a.com:80"} }, `Access.AllowedHosts "a.com:80": allowed are host names or addresses without port`},
		"host with wildcard":      {func(c *Config) { c.Access.AllowedHosts = []string{"*.a.com"} }, `Access.AllowedHosts "*.a.com":`},
		"empty host":              {func(c *Config) { c.Access.AllowedHosts = []string{""} }, `Access.AllowedHosts "":`},
		"no proxy at all":         {func(c *Config) { c.Access.TrustedProxies = []netip.Prefix{{}} }, `Access.TrustedProxies "invalid Prefix": allowed are networks`},
		"rule without pattern":    {func(c *Config) { c.Rules = []Rule{{}} }, `Config.Rules[0]: pattern "":`},
		"rule for the internal":   {func(c *Config) { c.Rules = []Rule{{Match: "a"}, {Match: "@all"}} }, `Config.Rules[1]: pattern "@all":`},
		"rule with odd pattern":   {func(c *Config) { c.Rules = []Rule{{Match: "a.>.b"}} }, `Config.Rules[0]: pattern "a.>.b":`},
		"rule with odd priority":  {func(c *Config) { c.Rules = []Rule{{Match: "a", Priority: 9}} }, "Config.Rules[0]: priority 9: allowed are"},
		"rule with odd overflow":  {func(c *Config) { c.Rules = []Rule{{Match: "a", Overflow: 9}} }, "Config.Rules[0]: overflow 9: allowed are"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var cfg Config
			tt.change(&cfg)
			err := cfg.Validate()
			if got := errText(err); (tt.want == "") != (err == nil) || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if _, newErr := New(cfg); (newErr == nil) != (err == nil) || err != nil && newErr.Error() != "outcry: "+err.Error() {
				t.Errorf("New: %v", newErr)
			}
		})
	}
}

// All errors are told at once.
func TestValidateJoins(t *testing.T) {
	cfg := Config{
		Loops:  -1,
		Limits: Limits{MaxChannels: -1, MaxConnections: -1},
		Timing: Timing{AuthTimeout: -1},
		Queue:  Queue{Messages: -1},
		Access: Access{AllowedHosts: []string{""}, AllowedOrigins: []string{"x"}},
		Rules:  []Rule{{Match: "a"}, {}, {Match: "b", Overflow: 2}},
	}
	got := strings.Split(errText(cfg.Validate()), "\n")
	for _, want := range []string{
		"Config.Loops", "Limits.MaxChannels", "Limits.MaxConnections", "Timing.AuthTimeout", "Queue.Messages",
		"Access.AllowedHosts", "Access.AllowedOrigins", "Config.Rules[1]", "Config.Rules[2]",
	} {
		n := 0
		for _, line := range got {
			if strings.HasPrefix(line, want+" ") || strings.HasPrefix(line, want+":") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is named %d times in %q", want, n, got)
		}
	}
	if len(got) != 9 {
		t.Errorf("%d errors, want 9: %q", len(got), got)
	}
}

// New copies its Config, slices included.
func TestConfigIsCopied(t *testing.T) {
	cfg := secured()
	cfg.Rules = []Rule{{Match: "a"}}
	cfg.Access.AllowedOrigins = []string{"https://a.com"}
	cfg.Access.AllowedHosts = []string{"a.com"}
	cfg.Access.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Rules[0].ClientPublish = true
	cfg.Access.AllowedOrigins[0] = "*"
	cfg.Access.AllowedHosts[0] = "evil.io"
	cfg.Access.TrustedProxies[0] = netip.MustParsePrefix("0.0.0.0/0")
	got := fmt.Sprint(n.rules.find("a").ClientPublish, n.cfg.Access.AllowedOrigins, n.cfg.Access.AllowedHosts, n.cfg.Access.TrustedProxies)
	if want := "false [https://a.com] [a.com] [10.0.0.0/8]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Causes that clients must not learn become codes.
func TestPublicError(t *testing.T) {
	n, err := New(open())
	if err != nil {
		t.Fatal(err)
	}
	own := protocol.Errorf(protocol.CodeConflict, "mine")
	for _, tt := range []struct {
		err  error
		code protocol.Code
	}{
		{fmt.Errorf("wrapped: %w", own), protocol.CodeConflict},
		{fmt.Errorf("wrapped: %w", ErrBusy), protocol.CodeBusy},
		{ErrNoHistory, protocol.CodeNoHistory},
		{ErrUnavailable, protocol.CodeUnavailable},
		{ErrNotRunning, protocol.CodeUnavailable},
		{ErrDraining, protocol.CodeUnavailable},
		{errors.New("secret cause"), protocol.CodeInternal},
	} {
		if e := n.public(tt.err); e.Code != tt.code || strings.Contains(e.Message, "secret") {
			t.Errorf("%v: %v", tt.err, e)
		}
	}
}
