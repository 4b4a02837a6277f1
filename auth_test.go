package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// authFunc is an Authenticator.
type authFunc func(ctx context.Context, token string) (Identity, error)

// Authenticate implements Authenticator.
func (f authFunc) Authenticate(ctx context.Context, token string) (Identity, error) {
	return f(ctx, token)
}

// secured is a Config whose tokens are "user" or "user/group,group"; some
// tokens fail in a way of their own.
func secured() Config {
	return Config{Access: Access{Authenticator: authFunc(func(_ context.Context, token string) (Identity, error) {
		switch token {
		case "bad":
			return Identity{}, errors.New("signature of the private kind")
		case "down":
			return Identity{}, fmt.Errorf("key server: %w", ErrUnavailable)
		case "panic":
			panic("authenticator")
		case "expired":
			return Identity{UserID: "u", ExpiresAt: time.Now()}, nil
		case "oddmeta":
			return Identity{UserID: "u", Metadata: []byte(`[]`)}, nil
		case "bigmeta":
			return Identity{UserID: "u", Metadata: []byte(`{"a":"` + strings.Repeat("x", maxMetadata) + `"}`)}, nil
		}
		user, groups, _ := strings.Cut(token, "/")
		id := Identity{UserID: user}
		if groups != "" {
			id.Groups = strings.Split(groups, ",")
		}
		return id, nil
	})}}
}

// The first credential found counts: header, subprotocol, query.
func TestCredentials(t *testing.T) {
	const (
		header = "Authorization: Bearer h"
		sub    = "Sec-WebSocket-Protocol: outcry.v1.json, bearer.s"
	)
	r := start(t, secured())
	for name, tt := range map[string]struct {
		path  string
		edits []string
		user  string // "": refused
	}{
		"header":              {"/ws/a?token=q", []string{header, sub}, "h"},
		"subprotocol":         {"/ws/b?token=q", []string{sub}, "s"},
		"query":               {"/ws/c?token=q", nil, "q"},
		"scheme in any case":  {"/ws/d", []string{"Authorization: bEARER h"}, "h"},
		"other scheme":        {"/ws/e?token=q", []string{"Authorization: Basic aDpo", sub}, ""},
		"scheme alone":        {"/ws/f?token=q", []string{"Authorization: Bearer"}, ""},
		"two headers":         {"/ws/g?token=q", []string{header, header}, ""},
		"empty header":        {"/ws/h?token=q", []string{"Authorization: "}, ""},
		"the first of a kind": {"/ws/i?token=q&token=r", nil, "q"},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(handshake("GET "+tt.path+" HTTP/1.1", tt.edits...))
			if tt.user == "" {
				wantRefusal(t, a, protocol.CodeInvalidToken)
				return
			}
			if info := r.info(tt.path[4:5]); a.status != http.StatusSwitchingProtocols || info.UserID != tt.user {
				t.Errorf("%d, user %q, want %q", a.status, info.UserID, tt.user)
			}
		})
	}
	t.Run("query switched off", func(t *testing.T) {
		cfg := secured()
		cfg.Access.RefuseQueryToken = true
		r := start(t, cfg)
		message := wantRefusal(t, r.knock(handshake("GET /ws?token=q HTTP/1.1")), protocol.CodeInvalidToken)
		if !strings.Contains(message, "token_in_query") {
			t.Errorf("the setting is not named: %s", message)
		}
		if a := r.knock(handshake("GET /ws?token=q HTTP/1.1", header)); a.status != http.StatusSwitchingProtocols {
			t.Errorf("with a header beside it: %d %s", a.status, a.body)
		}
	})
}

func TestRefusedToken(t *testing.T) {
	tests := map[string]struct {
		token      string
		code       protocol.Code
		retryAfter string
	}{
		"refused":         {"bad", protocol.CodeInvalidToken, ""},
		"unavailable":     {"down", protocol.CodeUnavailable, "1"},
		"panic":           {"panic", protocol.CodeInternal, ""},
		"expired":         {"expired", protocol.CodeInvalidToken, ""},
		"odd metadata":    {"oddmeta", protocol.CodeInternal, ""},
		"large metadata":  {"bigmeta", protocol.CodeInternal, ""},
		"too long (8 KB)": {strings.Repeat("t", 8<<10+1), protocol.CodeInvalidToken, ""},
	}
	r := start(t, secured())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(handshake(get, "Authorization: Bearer "+tt.token))
			message := wantRefusal(t, a, tt.code)
			if got := a.header.Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("Retry-After: %q, want %q", got, tt.retryAfter)
			}
			if strings.Contains(message, "private") || strings.Contains(message, "key server") {
				t.Errorf("the cause is told: %s", message)
			}
			if got := a.header.Get("WWW-Authenticate"); (got != "") != (a.status == http.StatusUnauthorized) {
				t.Errorf("WWW-Authenticate: %q with status %d", got, a.status)
			}
		})
	}
	wantNobody(t, r)
	s, _ := r.Stats(t.Context())
	if s.Panics != 1 {
		t.Errorf("%d panics counted, want 1", s.Panics)
	}
	eventually(t, "the causes are logged", func() bool {
		logs := r.logs.String()
		return strings.Contains(logs, "private kind") && strings.Contains(logs, "where=Authenticator")
	})
	if strings.Contains(r.logs.String(), "ttttttt") {
		t.Error("a token is in the log")
	}
	t.Run("longest", func(t *testing.T) {
		r.t = t
		token := strings.Repeat("t", 8<<10)
		if a := r.knock(handshake(get, "Authorization: Bearer "+token)); a.status != http.StatusSwitchingProtocols {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestNoAuthenticator(t *testing.T) {
	t.Run("closed node", func(t *testing.T) {
		r := start(t, Config{})
		wantRefusal(t, r.knock(handshake(get)), protocol.CodeUnauthenticated)
		wantRefusal(t, r.knock(handshake(get, "Authorization: Bearer t")), protocol.CodeInvalidToken)
	})
	t.Run("open node", func(t *testing.T) {
		r := start(t, open())
		wantRefusal(t, r.knock(handshake(get, "Authorization: Bearer t")), protocol.CodeInvalidToken)
		c := r.connect("/ws")
		c.send(`{"type":"auth","token":"t"}`)
		if o := c.want("auth_result"); o["success"] != false || o.str("code") != "invalid_token" {
			t.Error(o)
		}
		c.wantClose(4501)
	})
}

// connecting opens a connection without credentials.
func (r *rig) connecting(path string) *client {
	r.t.Helper()
	c, status, body := r.try(path)
	if c == nil {
		r.t.Fatalf("connect %s: %d %s", path, status, body)
	}
	c.want("auth_required")
	return c
}

// login logs in by message.
func (c *client) login(token string) {
	c.t.Helper()
	c.send(`{"type":"auth","token":%q}`, token)
	if o := c.want("auth_result"); o["success"] != true {
		c.t.Fatalf("login: %v", o)
	}
	c.hello = c.want("connection_established")
	c.id = c.hello.str("client_id")
}

func TestLogin(t *testing.T) {
	cfg := secured()
	cfg.Timing.AuthTimeout = 3 * time.Second
	r := start(t, cfg)
	c, _, _ := r.try("/ws/alice")
	if o := c.want("auth_required"); o["timeout"] != 3.0 {
		t.Errorf("auth_required: %v", o)
	}
	if s, _ := r.Stats(t.Context()); s.Unauthenticated != 1 || s.ActiveConnections != 0 || len(r.ids.ids()) != 0 {
		t.Errorf("before the login: %+v, ids %v", s, r.ids.ids())
	}
	if got, err := r.Broadcast(t.Context(), []byte(`{"type":"news"}`)); err != nil || got.Sent != 0 {
		t.Errorf("broadcast before the login: %+v, %v", got, err)
	}
	c.send(`{"type":"auth","token":"u/desk","id":"x"}`)
	want := object{"type": "auth_result", "success": true, "user_id": "u", "id": "x"}
	if diff := cmp.Diff(want, c.want("auth_result")); diff != "" {
		t.Errorf("auth_result (-want +got):\n%s", diff)
	}
	hello := c.want("connection_established")
	if hello.str("client_id") != "alice" || hello.str("user_id") != "u" || hello.str("session") == "" {
		t.Errorf("connection_established: %v", hello)
	}
	if s, _ := r.Stats(t.Context()); s.Unauthenticated != 0 || s.ActiveConnections != 1 || s.TotalConnections != 1 {
		t.Errorf("after the login: %+v", s)
	}
	for what, send := range map[string]func() (Receipt, error){
		"user":  func() (Receipt, error) { return r.SendToUser(t.Context(), "u", []byte(`{"type":"user"}`)) },
		"group": func() (Receipt, error) { return r.SendToGroup(t.Context(), "desk", []byte(`{"type":"group"}`)) },
		"all":   func() (Receipt, error) { return r.Broadcast(t.Context(), []byte(`{"type":"all"}`)) },
	} {
		if got, err := send(); err != nil || got.Sent != 1 {
			t.Errorf("to %s: %+v, %v", what, got, err)
		}
		c.want(what)
	}
	c.subscribe("quotes")
}

func TestLoginRefused(t *testing.T) {
	cfg := secured()
	cfg.Limits.MaxConnections = 1
	tests := map[string]struct {
		path, token string
		taken       bool // somebody is connected as "taken"
		limit       int
		code        protocol.Code
		close       uint16
	}{
		"bad token":      {"/ws", "bad", false, 1, protocol.CodeInvalidToken, 4501},
		"expired":        {"/ws", "expired", false, 1, protocol.CodeInvalidToken, 4501},
		"unavailable":    {"/ws", "down", false, 1, protocol.CodeUnavailable, 1012},
		"panic":          {"/ws", "panic", false, 1, protocol.CodeInternal, 1011},
		"node full":      {"/ws", "u", true, 1, protocol.CodeTooManyConnections, 4504},
		"id in use":      {"/ws/taken", "u", true, 2, protocol.CodeClientIDInUse, 4511},
		"hook refuses":   {"/ws", "unwanted", false, 1, protocol.CodeForbidden, 4503},
		"hook's own":     {"/ws", "own", false, 1, protocol.CodeRateLimited, 4503},
		"hook panics":    {"/ws", "hookpanic", false, 1, protocol.CodeInternal, 1011},
		"hook's failure": {"/ws", "odd", false, 1, protocol.CodeInternal, 1011},
	}
	cfg.Hooks.OnConnect = refuseSome
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg.Limits.MaxConnections = tt.limit
			r := start(t, cfg)
			if tt.taken {
				other := r.connect("/ws/taken?token=other")
				go other.answerPings()
			}
			c := r.connecting(tt.path)
			c.send(`{"type":"auth","token":%q,"id":7}`, tt.token)
			o := c.want("auth_result")
			if o["success"] != false || o.str("code") != string(tt.code) || o.str("message") == "" || o["id"] != 7.0 {
				t.Errorf("auth_result: %v, want %s", o, tt.code)
			}
			c.wantClose(tt.close)
			eventually(t, "the places are free", func() bool {
				s, _ := r.Stats(t.Context())
				return s.Unauthenticated == 0 && s.ActiveConnections == s.UsersWithConns && len(r.ids.ids()) == s.UsersWithConns
			})
		})
	}
}

// What a client sends behind its login, without waiting for the answer, is
// served after it, in order.
func TestPipelinedLogin(t *testing.T) {
	cfg := secured()
	cfg.Rules = open().Rules
	cfg.Hooks.OnConnect = func(context.Context, Client) (json.RawMessage, error) { return nil, nil }
	r := start(t, cfg)
	c := r.connecting("/ws")
	c.send(`{"type":"auth","token":"u"}`)
	c.send(`{"type":"subscribe","channel":"a"}`)
	c.send(`{"type":"publish","channel":"a","data":1}`)
	c.send(`{"type":"auth","token":"u/desk"}`)
	c.send(`{"type":"unsubscribe","channel":"a"}`)
	c.send(`{"type":"publish","channel":"a","data":2}`)
	c.send(`{"type":"subscriptions"}`)
	var got []string
	for len(got) == 0 || got[len(got)-1] != "subscriptions_result" {
		o := c.message()
		if s, ok := o["success"]; ok && s != true {
			t.Errorf("%v", o)
		}
		if o.str("type") != "message" { // may arrive anywhere before the unsubscription, or not at all
			got = append(got, o.str("type"))
		}
	}
	want := []string{
		"auth_result", "connection_established", "subscription_result", "publish_result",
		"auth_result", "unsubscription_result", "publish_result", "subscriptions_result",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	t.Run("no login", func(t *testing.T) {
		c := r.connecting("/ws")
		for range 3 {
			c.send(`{"type":"auth"}`)
			c.send(`{"type":"publish","channel":"a","data":1}`)
		}
		for range 6 {
			if code := c.want("error").str("code"); code != "bad_request" && code != "unauthenticated" {
				t.Errorf("code %s", code)
			}
		}
		c.login("u")
	})
	t.Run("refused", func(t *testing.T) {
		c := r.connecting("/ws")
		c.send(`{"type":"auth","token":"bad"}`)
		c.send(`{"type":"publish","channel":"a","data":1}`)
		c.want("auth_result")
		c.wantClose(4501)
	})
}

// refuseSome is an OnConnect hook that fails by the name of the user.
func refuseSome(_ context.Context, c Client) (json.RawMessage, error) {
	switch c.Identity.UserID {
	case "unwanted":
		return nil, errors.New("not this one")
	case "own":
		return nil, protocol.Errorf(protocol.CodeRateLimited, "too often")
	case "hookpanic":
		panic("hook")
	case "odd":
		return []byte(`["no object"]`), nil
	}
	return nil, nil
}

// answerPings reads until the connection ends.
func (c *client) answerPings() {
	for {
		op, payload, err := c.next()
		if err != nil {
			return
		}
		if op == ws.OpPing {
			frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(payload)))
			_, _ = c.conn.Write(frame)
		}
	}
}

// Cases 25 and 26 before the login: nothing is executed, nobody falls over.
func TestBeforeLogin(t *testing.T) {
	r := start(t, secured())
	c := r.connecting("/ws")
	for _, text := range []string{
		`{"type":"subscribe","channel":"a","id":"i"}`, `{"type":"publish","channel":"a","data":1,"id":"i"}`, `{"type":"ping","id":"i"}`,
		`{"type":"pong","id":"i"}`, `{"type":"heartbeat","id":"i"}`, `{"type":"chat_message","message":"m","id":"i"}`,
		`{"type":"nope","id":"i"}`, `{"type":"subscriptions","id":"i"}`, `{"type":"connection_established","id":"i"}`,
	} {
		c.send("%s", text)
		if o := c.want("error"); o.str("code") != "unauthenticated" || o["id"] != "i" {
			t.Errorf("%s: %v", text, o)
		}
	}
	for _, text := range []string{
		`null`, `[]`, `[null]`, `""`, `1e400`, ``, ` `, `{`, `{"type":"auth","token":"u"} x`, `{"type":"auth","type":"auth"}`,
		strings.Repeat("[", 4000), `{"type":"auth"}`, `{"type":"auth","token":""}`, `{"type":"auth","token":7}`, `{"type":"auth","token":null}`,
		`{"type":null}`, `{}`, `{"type":"auth","token":"u","id":` + strings.Repeat("9", 400) + `}`,
		`{"type":"auth","token":"u","id":"` + strings.Repeat("i", 6000) + `"}`,
	} {
		c.send("%s", text)
		if o := c.want("error"); o.str("code") != "bad_request" {
			t.Errorf("%.40s: %v", text, o)
		}
	}
	if s, _ := r.Stats(t.Context()); s.Subscriptions != 0 || s.Channels != 0 || s.Unauthenticated != 1 {
		t.Errorf("something was executed: %+v", s)
	}
	c.login("u")

	t.Run("case 25 too many bad messages", func(t *testing.T) {
		c := r.connecting("/ws")
		for range maxBad {
			c.send(`]`)
			c.want("error")
		}
		c.send(`]`)
		c.wantClose(4500)
	})
	t.Run("case 26 binary", func(t *testing.T) {
		c := r.connecting("/ws")
		c.frame(ws.OpBinary, []byte(`{"type":"auth","token":"u"}`))
		c.wantClose(1003)
	})
}

// Case 8: who has not logged in may send less.
func TestSizeBeforeLogin(t *testing.T) {
	r := start(t, secured())
	message := func(size int) string {
		s := `{"type":"ping","timestamp":"`
		return s + strings.Repeat("x", size-len(s)-2) + `"}`
	}
	c := r.connecting("/ws")
	c.send("%s", message(8<<10))
	c.want("error")
	c.login("u")
	c.send("%s", message(8<<10+1))
	c.want("pong")
	c = r.connecting("/ws")
	c.raw(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(message(8<<10 + 1)))))[:14]) // the header is enough
	c.wantClose(1009)
	c = r.connecting("/ws")
	half := []byte(message(5 << 10))
	c.raw(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpText, false, slices.Clone(half)))))
	c.raw(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, half))))
	c.wantClose(1009)
}

// Case 8: silence, and anything but a login, ends at auth_timeout.
func TestAuthTimeout(t *testing.T) {
	for name, during := range map[string]func(c *client){
		"silence": func(*client) {},
		"pings":   func(c *client) { c.frame(ws.OpPing, nil) },
		"commands": func(c *client) {
			c.send(`{"type":"ping"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipe(t, secured())
				defer r.stop()
				began := time.Now()
				c := r.connecting("/ws")
				for range 4 {
					time.Sleep(time.Second)
					during(c)
				}
				c.wantClose(4000)
				if d := time.Since(began); d < 5*time.Second || d > 5*time.Second+20*time.Millisecond {
					t.Errorf("closed after %v, want 5s", d)
				}
			})
		})
	}
}

// Case 8: the unauthenticated have a limit of their own.
func TestMaxUnauthenticated(t *testing.T) {
	cfg := secured()
	cfg.Limits.MaxUnauthenticated = 3
	r := start(t, cfg)
	var waiting []*client
	for range 3 {
		waiting = append(waiting, r.connecting("/ws"))
	}
	a := r.knock(handshake(get))
	wantRefusal(t, a, protocol.CodeTooManyConnections)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	r.connect("/ws?token=u") // those with a token are not concerned
	waiting[0].login("v")
	r.connecting("/ws")
	wantRefusal(t, r.knock(handshake(get)), protocol.CodeTooManyConnections)
	waiting[1].send(`{"type":"auth","token":"bad"}`)
	waiting[1].want("auth_result")
	waiting[1].wantClose(4501)
	_ = waiting[2].conn.Close()
	eventually(t, "two places are free", func() bool { return r.unauthenticated.Load() == 1 })
	r.connecting("/ws")
	r.connecting("/ws")
	wantRefusal(t, r.knock(handshake(get)), protocol.CodeTooManyConnections)
}

func TestRenewal(t *testing.T) {
	connected := 0
	cfg := secured()
	cfg.Hooks.OnConnect = func(context.Context, Client) (json.RawMessage, error) {
		connected++
		return []byte(`{"plan":"pro"}`), nil
	}
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		defer r.stop()
		c := r.connect("/ws/alice?token=u/a,b")
		if err := r.AddToGroup(t.Context(), "added", "u"); err != nil {
			t.Fatal(err)
		}
		want, err := r.Client(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.subscribe("quotes")
		c.send(`{"type":"auth","token":"u/b,c","id":"r"}`)
		if o := c.want("auth_result"); o["success"] != true || o.str("user_id") != "u" || o["id"] != "r" {
			t.Errorf("auth_result: %v", o)
		}
		want.Channels, want.Groups = []string{"quotes"}, []string{"added", "b", "c"}
		got, err := r.Client(t.Context(), "alice")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("client, %v (-want +got):\n%s", err, diff)
		}
		for group, sent := range map[string]int{"a": 0, "b": 1, "c": 1, "added": 1} {
			if got, err := r.SendToGroup(t.Context(), group, []byte(`{"type":"group"}`)); err != nil || got.Sent != sent {
				t.Errorf("to group %s: %+v, %v; want %d", group, got, err, sent)
			}
		}
		if connected != 1 {
			t.Errorf("OnConnect ran %d times, want once", connected)
		}
		for range 3 {
			c.want("group")
		}
		c.send(`{"type":"auth","token":"v"}`) // case 36: another user
		if o := c.want("auth_result"); o["success"] != false || o.str("code") != "invalid_token" {
			t.Errorf("auth_result: %v", o)
		}
		c.wantClose(4501)
	})
}

// A renewal that fails ends the connection, though its token was still valid;
// one that cannot be checked now does not.
func TestRenewalRefused(t *testing.T) {
	r := start(t, secured())
	for token, code := range map[string]uint16{"bad": 4501, "expired": 4501, "panic": 1011} {
		c := r.connect("/ws?token=u")
		c.send(`{"type":"auth","token":%q}`, token)
		if o := c.want("auth_result"); o["success"] != false {
			t.Errorf("%s: %v", token, o)
		}
		c.wantClose(code)
	}
	c := r.connect("/ws?token=u")
	c.send(`{"type":"auth","token":"down"}`)
	if o := c.want("auth_result"); o["success"] != false || o.str("code") != "unavailable" {
		t.Errorf("auth_result: %v", o)
	}
	c.subscribe("still-there")
}

// An Authenticator has auth_timeout; then the token cannot be checked now.
func TestAuthenticatorHangs(t *testing.T) {
	cfg := secured()
	quick := cfg.Access.Authenticator
	cfg.Access.Authenticator = authFunc(func(ctx context.Context, token string) (Identity, error) {
		if token != "hang" {
			return quick.Authenticate(ctx, token)
		}
		<-ctx.Done()
		return Identity{}, ctx.Err()
	})
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		defer r.stop()
		began := time.Now()
		wantRefusal(t, r.knock(handshake(get, "Authorization: Bearer hang")), protocol.CodeUnavailable)
		at(t, began, 5*time.Second)
		c := r.connect("/ws?token=u")
		began = time.Now()
		c.send(`{"type":"auth","token":"hang"}`)
		if o := c.want("auth_result"); o["success"] != false || o.str("code") != "unavailable" {
			t.Error(o)
		}
		at(t, began, 5*time.Second)
		c.subscribe("still-there")
	})
}

// An anonymous client becomes a user with its first token, everywhere.
func TestFirstToken(t *testing.T) {
	cfg := mixed()
	cfg.Access.Authenticator = authFunc(func(_ context.Context, token string) (Identity, error) {
		return Identity{UserID: token, Groups: []string{"desk"}, Channels: []string{"own", "room"}, Metadata: []byte(`{"a":1}`)}, nil
	})
	r := start(t, cfg)
	c := r.connect("/ws/alice")
	c.subscribe("room")
	c.send(`{"type":"auth","token":"u"}`)
	if o := c.want("auth_result"); o["success"] != true || o.str("user_id") != "u" {
		t.Fatal(o)
	}
	if o := c.want("subscription_result"); o.str("channel") != "own" || o["success"] != true {
		t.Error(o)
	}
	want := ClientInfo{
		ID: "alice", UserID: "u", Channels: []string{"own", "room"}, Groups: []string{"desk"}, State: StateConnected, Metadata: []byte(`{"a":1}`),
	}
	got := r.info("alice")
	want.ConnectedAt, want.RemoteAddr = got.ConnectedAt, got.RemoteAddr
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
	if got, err := r.Members(t.Context(), "room"); err != nil || !slices.Equal(got, []Member{{"alice", "u"}}) {
		t.Errorf("presence: %v, %v", got, err)
	}
	if got, err := r.SendToUser(t.Context(), "u", []byte(`{"type":"direct"}`)); err != nil || got.Sent != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	c.want("direct")
	c.send(`{"type":"auth","token":"v"}`)
	c.want("auth_result")
	c.wantClose(4501)
	if got, err := r.Members(t.Context(), "room"); err != nil || len(got) != 0 {
		t.Errorf("presence is left: %v, %v", got, err)
	}
	if s, err := r.Stats(t.Context()); err != nil || s.UsersWithConns != 0 || s.ActiveConnections != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// OnConnect decides about a client that logs in late as about any other.
func TestOnConnectAtFirstToken(t *testing.T) {
	cfg := mixed()
	cfg.Hooks.OnConnect = func(_ context.Context, c Client) (json.RawMessage, error) {
		if c.Identity.UserID == "banned" {
			return nil, errors.New("banned")
		}
		return json.RawMessage(`{"of":"` + c.Identity.UserID + `"}`), nil
	}
	r := start(t, cfg)
	banned := r.connect("/ws/a")
	banned.send(`{"type":"auth","token":"banned"}`)
	if o := banned.want("auth_result"); o["success"] != false || o.str("code") != "forbidden" {
		t.Errorf("auth_result %v", o)
	}
	banned.wantClose(4503)
	c := r.connect("/ws/b")
	c.send(`{"type":"auth","token":"u"}`)
	if o := c.want("auth_result"); o["success"] != true {
		t.Errorf("auth_result %v", o)
	}
	if got := string(r.info("b").Metadata); got != `{"of":"u"}` {
		t.Errorf("metadata %s", got)
	}
}
