package outcry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// The server subscribes and unsubscribes clients and users; the client is told
// each time.
func TestServerSideSubscriptions(t *testing.T) {
	cfg := secured()
	cfg.Loops = 2
	r := start(t, cfg)
	ctx := t.Context()
	a1, a2, b := r.connect("/ws/a1?token=a"), r.connect("/ws/a2?token=a"), r.connect("/ws/b?token=b")

	if err := r.Subscribe(ctx, "a1", "x"); err != nil {
		t.Fatal(err)
	}
	if o := a1.wantResult("x", true); o["id"] != nil {
		t.Error(o)
	}
	if n, err := r.SubscribeUser(ctx, "a", "y.*"); n != 2 || err != nil {
		t.Fatalf("SubscribeUser: %d, %v", n, err)
	}
	a1.wantResult("y.*", true)
	a2.wantResult("y.*", true)
	if got := []int{r.toChannel("x", 1), r.toChannel("y.z", 2)}; !cmp.Equal(got, []int{1, 2}) {
		t.Errorf("reached %d", got)
	}
	a1.want("n")
	a1.want("n")
	a2.want("n")

	if err := r.Unsubscribe(ctx, "a2", "x"); err != nil { // not subscribed: no error, no word
		t.Fatal(err)
	}
	if n, err := r.UnsubscribeUser(ctx, "a", "x"); n != 1 || err != nil {
		t.Fatalf("UnsubscribeUser: %d, %v", n, err)
	}
	if o := a1.want("subscription_lost"); o.str("channel") != "x" || o.str("reason") != "unsubscribed by the server" {
		t.Error(o)
	}
	if err := r.Unsubscribe(ctx, "a2", "y.*"); err != nil {
		t.Fatal(err)
	}
	a2.want("subscription_lost")
	if got := []int{r.toChannel("x", 3), r.toChannel("y.z", 4)}; !cmp.Equal(got, []int{0, 1}) {
		t.Errorf("reached %d", got)
	}
	for call, err := range map[string]error{
		"Subscribe": r.Subscribe(ctx, "nobody", "x"), "Unsubscribe": r.Unsubscribe(ctx, "nobody", "x"),
		"Disconnect": r.Disconnect(ctx, "nobody", protocol.CloseNormal, ""),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", call, err)
		}
	}
	if n, err := r.SubscribeUser(ctx, "nobody", "x"); n != 0 || err != nil {
		t.Errorf("SubscribeUser of nobody: %d, %v", n, err)
	}
	a2.pong()
	b.pong()
}

// A client that has not logged in is no client yet.
func TestControlBeforeLogin(t *testing.T) {
	r := start(t, secured())
	c := r.connecting("/ws/c")
	for call, err := range map[string]error{
		"Subscribe": r.Subscribe(t.Context(), "c", "x"), "Disconnect": r.Disconnect(t.Context(), "c", protocol.CloseNormal, ""),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", call, err)
		}
	}
	c.login("u")
}

// Disconnect sends what waits, then the given code and reason.
func TestDisconnect(t *testing.T) {
	type parting struct {
		id     string
		code   protocol.CloseCode
		reason string
	}
	partings := make(chan parting, 10)
	cfg := secured()
	cfg.Hooks.OnDisconnect = func(_ context.Context, c Client, code protocol.CloseCode, reason string) {
		partings <- parting{c.ID, code, reason}
	}
	r := start(t, cfg)
	ctx := t.Context()
	for i, code := range []protocol.CloseCode{1000, 1001, 1008, 1011, 1012, 1013, 3000, 4005, 4999} {
		id := fmt.Sprint("c", i)
		c := r.connect("/ws/" + id + "?token=u")
		if _, err := r.SendToClient(ctx, id, []byte(`{"type":"last words"}`)); err != nil {
			t.Fatal(err)
		}
		if err := r.Disconnect(ctx, id, code, "wegen Überfüllung"); err != nil {
			t.Fatalf("code %d: %v", code, err)
		}
		c.want("last words")
		if reason := c.wantClose(uint16(code)); reason != "wegen Überfüllung" {
			t.Errorf("reason %q", reason)
		}
		if got := <-partings; got != (parting{id, code, "wegen Überfüllung"}) {
			t.Errorf("OnDisconnect got %+v", got)
		}
		if err := r.Disconnect(ctx, id, code, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("a second time: %v", err)
		}
	}
	first, second := r.connect("/ws/1?token=u"), r.connect("/ws/2?token=u")
	if n, err := r.DisconnectUser(ctx, "u", protocol.CloseForbidden, ""); n != 2 || err != nil {
		t.Errorf("DisconnectUser: %d, %v", n, err)
	}
	first.wantClose(4503)
	second.wantClose(4503)
	if n, err := r.DisconnectUser(ctx, "u", protocol.CloseForbidden, ""); n != 0 || err != nil {
		t.Errorf("DisconnectUser of nobody: %d, %v", n, err)
	}
}

// Codes that no endpoint may send, and reasons that fit no Close frame, are
// refused before anything happens.
func TestDisconnectRefused(t *testing.T) {
	r := start(t, secured())
	c := r.connect("/ws/c?token=u")
	for _, tt := range []struct {
		code   protocol.CloseCode
		reason string
	}{
		{0, ""},
		{999, ""},
		{1002, ""},
		{1004, ""},
		{1005, ""},
		{1006, ""},
		{1007, ""},
		{1010, ""},
		{1014, ""},
		{1015, ""},
		{2999, ""},
		{5000, ""},
		{1000, strings.Repeat("r", 124)},
		{1000, "cut \xc3"},
	} {
		_, user := r.DisconnectUser(t.Context(), "u", tt.code, tt.reason)
		for call, err := range map[string]error{"Disconnect": r.Disconnect(t.Context(), "c", tt.code, tt.reason), "DisconnectUser": user} {
			var e *Error
			if !errors.As(err, &e) || e.Code != protocol.CodeBadRequest {
				t.Errorf("%s with %d %.10q: %v", call, tt.code, tt.reason, err)
			}
		}
	}
	c.pong()
	if err := r.Disconnect(t.Context(), "c", 1000, strings.Repeat("r", 123)); err != nil {
		t.Error(err)
	}
	c.wantClose(1000)
}
