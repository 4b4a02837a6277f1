package settings

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestNames(t *testing.T) {
	k := Key{Path: "log.max_size_mb"}
	if k.Env() != "WEBSOCKET_LOG_MAX_SIZE_MB" || k.Flag() != "log-max-size-mb" {
		t.Errorf("got %s, %s", k.Env(), k.Flag())
	}
}

// TestRegistry: no two keys share a variable or a flag, and each says what it
// does.
func TestRegistry(t *testing.T) {
	envs, flags := map[string]string{}, map[string]string{}
	keys := Keys()
	for i := range keys {
		k := &keys[i]
		if other, ok := envs[k.Env()]; ok {
			t.Errorf("%s and %s share a variable", k.Path, other)
		}
		if other, ok := flags[k.Flag()]; ok {
			t.Errorf("%s and %s share a flag", k.Path, other)
		}
		envs[k.Env()], flags[k.Flag()] = k.Path, k.Path
		if !strings.HasSuffix(k.Doc, ".") || k.Allowed == "" || k.Kind == "" {
			t.Errorf("%s: doc %q, allowed %q, kind %q", k.Path, k.Doc, k.Allowed, k.Kind)
		}
	}
}

func TestFlagsOfSomeKeys(t *testing.T) {
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	NewFlags(set, "jwt_secret", "max_channels")
	if set.Lookup("jwt-secret") == nil || set.Lookup("max-channels") == nil || set.Lookup("address") != nil {
		t.Error("other flags than asked for")
	}
	if usage := set.FlagUsages(); !strings.Contains(usage, "--max-channels integer   subscriptions of one client (default 1024)") {
		t.Errorf("usage:\n%s", usage)
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"20": 20 * time.Second, "0.25": 250 * time.Millisecond, "1m30s": 90 * time.Second, "2ms": 2 * time.Millisecond,
		"-1": -time.Second, "0": 0, "+3": 3 * time.Second, ".5": 500 * time.Millisecond,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "-", "1.2.3", "inf", "nan", "0x10", "1e3", "20 s", "20seconds", "１"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0", time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s",
		168 * time.Hour: "168h", 10 * time.Minute: "10m", 2 * time.Millisecond: "2ms", 20 * time.Second: "20s",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"max_connections", "max_channels", "address"}
	for name, want := range map[string]string{
		"max_conections": "; did you mean max_connections?", "maxchannels": "; did you mean max_channels?",
		"addres": "; did you mean address?", "": "", "zzz": "", strings.Repeat("a", 1000): "", "address": "; did you mean address?",
	} {
		if got := didYouMean(name, names); got != want {
			t.Errorf("%.20q: got %q, want %q", name, got, want)
		}
	}
}
