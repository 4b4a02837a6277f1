package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stocks is laid out like the price files this command is made for.
const stocks = `symbol,date,price
MSFT,Jan 1 2000,39.81
MSFT,Feb 1 2000,36.35
not a tick
AMZN,Jan 1 2000,64.56
AMZN,Feb 1 2000,68.87
`

func tickFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ticks.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplay(t *testing.T) {
	api, socket := devServer(t)
	listener := newRig(t)
	done := make(chan int)
	go func() { done <- listener.exec(t.Context(), newSub, "quotes.*", socket, "--json", "--count=8") }()
	listener.err.await(t, "subscribed to quotes.*")

	path := tickFile(t, stocks)
	r := newRig(t)
	if code := r.exec(t.Context(), newReplay, path, "--speed=max", api); code != exitOK {
		t.Fatalf("code %d: %s", code, r.err)
	}
	wantErr := path + ":4: 1 columns where the header has 3\n"
	if got := r.err.String(); got != "the lines are out of time order and are replayed in order\n"+wantErr {
		t.Errorf("on standard error: %s", got)
	}
	if got := r.out.String(); !strings.HasPrefix(got, "published 4, skipped 1, in ") {
		t.Errorf("summary: %s", got)
	}

	r = newRig(t)
	r.Stdin = strings.NewReader(stocks)
	if code := r.exec(t.Context(), newReplay, "-", "--speed=max", "--json", "--type=tick", api); code != exitOK {
		t.Fatalf("standard input: code %d: %s", code, r.err)
	}
	if got := r.out.String(); !strings.HasPrefix(got, `{"published":4,"skipped":1,"late":1,`) {
		t.Errorf("summary: %s", got)
	}
	if code := <-done; code != exitOK {
		t.Fatalf("sub: code %d: %s", code, listener.err)
	}
	tick := func(kind, symbol, price, month string) string {
		return fmt.Sprintf(`{"type":%q,"symbol":%q,"price":%s,"timestamp":"2000-%s-01T00:00:00.000000+00:00","channel":"quotes.%s"}`,
			kind, symbol, price, month, symbol)
	}
	want := []string{
		tick("quote", "MSFT", "39.81", "01"), tick("quote", "AMZN", "64.56", "01"),
		tick("quote", "MSFT", "36.35", "02"), tick("quote", "AMZN", "68.87", "02"),
		tick("tick", "MSFT", "39.81", "01"), tick("tick", "MSFT", "36.35", "02"),
		tick("tick", "AMZN", "64.56", "01"), tick("tick", "AMZN", "68.87", "02"), "",
	}
	if diff := cmp.Diff(want, strings.Split(listener.out.String(), "\n")); diff != "" {
		t.Errorf("received -want +got:\n%s", diff)
	}
}

func TestReplayEnds(t *testing.T) {
	api, _ := devServer(t)
	tests := []struct {
		name, file string
		args       []string
		code       int
		want       string
	}{
		{"nothing good", "symbol,date\nA,never\n", []string{"--speed=max"}, exitFailure, "outcry: nothing could be published"},
		{"no time", "a,b\n1,2\n", nil, exitFailure, "no time among a, b"},
		{"limit", stocks, []string{"--speed=max", "--limit=2", "--loop"}, exitOK, "published 2, skipped 1"},
		{"loop", stocks, []string{"--speed=max", "--limit=9", "--loop"}, exitOK, "published 9, skipped 1"},
		{"cut pauses", stocks, []string{"--max-wait=10ms"}, exitOK, "1 pauses cut to 10ms"},
		{"longer than sorted", stocks, []string{"--speed=max", "--sort-limit=2"}, exitOK, "1 out of time order went at once"},
		{"many bad lines", "symbol,date\nA,2026-01-20\n" + strings.Repeat("x\n", 60), []string{"--speed=max"}, exitOK, "\nand 10 more\n"},
		{"bad speed", stocks, []string{"--speed=fast"}, exitUsage, `--speed "fast": want a number`},
		{"bad sort", stocks, []string{"--sort=maybe"}, exitUsage, `--sort "maybe": want auto`},
		{"bad limit", stocks, []string{"--limit=-1"}, exitUsage, "must not be negative"},
		{"bad format", stocks, []string{"--time-format=nope"}, exitUsage, `time format "nope"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			code := r.exec(t.Context(), newReplay, append([]string{tickFile(t, tt.file), api}, tt.args...)...)
			if text := r.out.String() + r.err.String(); code != tt.code || !strings.Contains(text, tt.want) {
				t.Errorf("code %d, want %d with %q: %s", code, tt.code, tt.want, text)
			}
		})
	}
	r := newRig(t)
	if code := r.exec(t.Context(), newReplay, "-", "--loop", api); code != exitUsage {
		t.Errorf("a loop of standard input: code %d: %s", code, r.err)
	}
	if code := r.exec(t.Context(), newReplay, "/nonexistent", api); code != exitFailure {
		t.Errorf("no file: code %d: %s", code, r.err)
	}
}

// An interrupted replay still says what it did, and has not failed.
func TestReplayInterrupted(t *testing.T) {
	api, socket := devServer(t)
	listener := newRig(t)
	heard := make(chan int)
	go func() { heard <- listener.exec(t.Context(), newSub, "quotes.A", socket, "--json", "--count=20") }()
	listener.err.await(t, "subscribed to quotes.A")
	ctx, interrupt := context.WithCancel(t.Context())
	r := newRig(t)
	done := make(chan int)
	file := tickFile(t, "symbol,date\nA,2026-01-20\n")
	go func() { done <- r.exec(ctx, newReplay, file, api, "--speed=max", "--loop") }()
	if code := <-heard; code != exitOK {
		t.Fatalf("sub: code %d: %s", code, listener.err)
	}
	interrupt()
	if code := <-done; code != exitOK || !strings.HasPrefix(r.out.String(), "published ") {
		t.Errorf("code %d: %s%s", code, r.out, r.err)
	}
}
