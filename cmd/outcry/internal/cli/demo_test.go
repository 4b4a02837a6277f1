package cli

import (
	"context"
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	api, socket := devServer(t)
	listener := newRig(t)
	heard := make(chan int)
	go func() { heard <- listener.exec(t.Context(), newSub, "quotes.*", "trades.*", socket, "--count=200") }()
	listener.err.await(t, "subscribed to trades.*")
	ctx, interrupt := context.WithCancel(t.Context())
	r := newRig(t)
	done := make(chan int)
	go func() { done <- r.exec(ctx, newDemo, api, "--rate=2000", "--seed=1") }()
	if code := <-heard; code != exitOK {
		t.Fatalf("sub: code %d: %s", code, listener.err)
	}
	interrupt()
	if code := <-done; code != exitOK || !strings.HasPrefix(r.out.String(), "published ") || strings.HasPrefix(r.out.String(), "published 0") {
		t.Errorf("code %d: %s%s", code, r.out, r.err)
	}
	for _, args := range [][]string{{"--rate=0"}, {"--rate=-1"}, {"--rate=NaN"}, {"extra"}} {
		r := newRig(t)
		if code := r.exec(t.Context(), newDemo, args...); code != exitUsage {
			t.Errorf("%q: code %d: %s", args, code, r.err)
		}
	}
}
