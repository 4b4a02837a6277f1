package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPub(t *testing.T) {
	api, socket := devServer(t)
	listener := newRig(t)
	done := make(chan int)
	go func() { done <- listener.exec(t.Context(), newSub, "c", socket, "--json", "--count=5") }()
	listener.err.await(t, "subscribed to c")

	for _, args := range [][]string{
		{"c", `{"a":1}`, api, "--event=e", "--key=k", "--message-id=m1"},
		{"c", `{"type":"trade","price":2}`, api, "--object"},
		{"c", `"안녕"`, socket, "--ws"},
	} {
		r := newRig(t)
		if code := r.exec(t.Context(), newPub, args...); code != exitOK || !strings.HasPrefix(r.out.String(), "published to c") {
			t.Errorf("%q: code %d: %s%s", args, code, r.out, r.err)
		}
	}
	r := newRig(t)
	r.Stdin = strings.NewReader("1\n\nnot json\n [2,\n 3]\n")
	if code := r.exec(t.Context(), newPub, "c", "-", api, "--json"); code != exitOK {
		t.Errorf("standard input: code %d: %s", code, r.err)
	}
	if diff := cmp.Diff([]string{
		"standard input:3: not valid JSON", "standard input:4: not valid JSON", "standard input:5: not valid JSON",
		"published 1, skipped 3", "",
	}, strings.Split(r.err.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if out := r.out.String(); !strings.HasPrefix(out, `{"channel":"c",`) || !strings.HasSuffix(out, `"duplicate":false,"durability":"memory"}`+"\n") {
		t.Errorf("answers: %s", out)
	}
	r = newRig(t)
	r.Stdin = strings.NewReader("4")
	if code := r.exec(t.Context(), newPub, "c", socket, "--ws"); code != exitOK {
		t.Errorf("standard input over WebSocket: code %d: %s", code, r.err)
	}
	if code := <-done; code != exitOK {
		t.Fatalf("sub: code %d: %s", code, listener.err)
	}
	lines := strings.Split(strings.TrimSpace(listener.out.String()), "\n")
	for i, want := range []string{`"data":{"a":1}`, `"type":"trade"`, `"data":"안녕"`, `"data":1`, `"data":4`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("message %d is %s, want %s", i, lines[i], want)
		}
	}
}

func TestPubUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"not JSON", []string{"c", "{price: 1.5}"}, "outcry: \"{price: 1.5}\": not valid JSON\nJSON has quotes of its own"},
		{"not an object", []string{"c", "1", "--object"}, `outcry: "1": not a JSON object`},
		{"bad channel", []string{"a b", "1"}, "outcry: channel name has ' ' in it"},
		{"object over ws", []string{"c", "{}", "--object", "--ws"}, "outcry: --object needs the HTTP API"},
		{"object with event", []string{"c", "{}", "--object", "--event=e"}, "outcry: --event goes with data"},
		{"id of a stream", []string{"c", "-", "--message-id=m"}, "outcry: --message-id goes with one value"},
		{"bad address", []string{"c", "1", "--api=localhost:8000"}, `outcry: --api: url "localhost:8000": want http://HOST:PORT`},
		{"no channel", nil, "outcry: accepts between 1 and 2 arg(s), received 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			if code := r.exec(t.Context(), newPub, tt.args...); code != exitUsage || !strings.HasPrefix(r.err.String(), tt.want) {
				t.Errorf("code %d: %s\nwant %s", code, r.err, tt.want)
			}
		})
	}
}

func TestPubNothing(t *testing.T) {
	api, _ := devServer(t)
	r := newRig(t)
	r.Stdin = strings.NewReader("x\n")
	if code := r.exec(t.Context(), newPub, "c", api); code != exitFailure || !strings.Contains(r.err.String(), "nothing could be published") {
		t.Errorf("code %d: %s", code, r.err)
	}
	r = newRig(t)
	r.Stdin = strings.NewReader(strings.Repeat("x", maxInputLine+1))
	if code := r.exec(t.Context(), newPub, "c", api); code != exitFailure || !strings.Contains(r.err.String(), "too long") {
		t.Errorf("long line: code %d: %s", code, r.err)
	}
}
