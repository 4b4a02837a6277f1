package outcry

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// vacated waits until a node holds nothing of any client.
func vacated(t *testing.T, r *rig) {
	t.Helper()
	eventually(t, "all places are free", func() bool {
		return r.active.Load() == 0 && r.unauthenticated.Load() == 0 && len(r.ids.ids()) == 0
	})
}

// As many clients as allowed are admitted, whatever the crowd, and places come
// back however their holders leave.
func TestMaxConnections(t *testing.T) {
	const limit = 50
	cfg := open()
	cfg.Limits.MaxConnections = limit
	r := start(t, cfg)
	var mu sync.Mutex
	var admitted []*client
	refused := 0
	var crowd sync.WaitGroup
	for range 4 {
		crowd.Go(func() {
			for range limit / 2 {
				c, status, body := r.try("/ws")
				mu.Lock()
				switch {
				case c != nil:
					admitted = append(admitted, c)
				case status == http.StatusServiceUnavailable && strings.Contains(body, `"too_many_connections"`):
					refused++
				default:
					t.Errorf("%d %s", status, body)
				}
				mu.Unlock()
			}
		})
	}
	crowd.Wait()
	if len(admitted) != limit || refused != limit {
		t.Fatalf("%d admitted, %d refused", len(admitted), refused)
	}
	a := r.knock(handshake(get))
	wantRefusal(t, a, protocol.CodeTooManyConnections)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	for _, c := range admitted {
		c.id = c.want("connection_established").str("client_id")
	}
	leave := []func(c *client){
		func(c *client) { _ = c.conn.Close() },
		func(c *client) { _ = c.conn.(*net.TCPConn).SetLinger(0); _ = c.conn.Close() },
		func(c *client) { c.frame(ws.OpClose, nil); c.wantClose(1005) },
		func(c *client) { c.frame(ws.OpBinary, nil); c.wantClose(1003) },
		func(c *client) {
			if err := r.Disconnect(t.Context(), c.id, protocol.CloseNormal, "bye"); err != nil {
				t.Error(err)
			}
		},
	}
	for i, c := range admitted[:10] {
		leave[i%len(leave)](c)
	}
	eventually(t, "ten places are free", func() bool { return r.active.Load() == limit-10 })
	for range 10 {
		r.connect("/ws")
	}
	wantRefusal(t, r.knock(handshake(get)), protocol.CodeTooManyConnections)
	if n, err := r.Stats(t.Context()); err != nil || n.ActiveConnections != limit {
		t.Errorf("%+v, %v", n, err)
	}
}

// Under churn a place is never refused while one is free, and never given
// twice.
func TestPlaces(t *testing.T) {
	const limit, clients = 4, 4 // as many as there are places: nobody may be refused
	var n Node
	n.cfg.Limits.MaxConnections = limit
	var holders sync.WaitGroup
	for range clients {
		holders.Go(func() {
			for range 2000 {
				c := &conn{who: &session{}}
				if err := n.reservePlace(c); err != nil {
					t.Error(err)
					return
				}
				n.giveBack(c)
				n.giveBack(c) // a second time changes nothing
			}
		})
	}
	for range 2 { // and a crowd that is refused all the time
		holders.Go(func() {
			for range 2000 {
				if takeOne(&n.active, 0) {
					t.Error("admitted to no place")
				}
			}
		})
	}
	holders.Wait()
	if got := n.active.Load(); got != 0 {
		t.Errorf("%d places taken", got)
	}
}

// Case 7: requests that trickle in are cut by the server's header timeout;
// handshakes beside them are served at once.
func TestSlowHandshakes(t *testing.T) {
	const slow = 200
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, open())
		defer r.stop()
		began := time.Now()
		cut := make(chan time.Duration, slow)
		for range slow {
			nc, err := r.dial()
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				defer func() { cut <- time.Since(began) }()
				for _, b := range []byte(handshake(get)) {
					if _, err := nc.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			go func() { _, _ = io.Copy(io.Discard, nc) }()
		}
		for range 10 {
			before := time.Now()
			c := r.connect("/ws")
			c.send(`{"type":"ping"}`)
			c.want("pong")
			at(t, before, 0)
			_ = c.conn.Close()
			time.Sleep(100 * time.Millisecond)
		}
		for range slow {
			if d := <-cut; d > 6*time.Second {
				t.Errorf("cut after %v", d)
			}
		}
		vacated(t, r)
	})
}

// attach makes a client of a connection whose handshake the test does itself.
func (r *rig) attach(nc net.Conn) *client {
	r.t.Cleanup(func() { _ = nc.Close() })
	return &client{t: r.t, conn: nc, br: bufio.NewReader(nc), wait: r.wait}
}

// Case 9: what comes in one segment with the request is not lost, however it
// is cut.
func TestEarlyFrames(t *testing.T) {
	frame := func(text string) string {
		return string(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(text)))))
	}
	ping, subscribe := frame(`{"type":"ping","id":1}`), frame(`{"type":"subscribe","channel":"a"}`)
	all := handshake("GET /ws/early HTTP/1.1") + ping + subscribe
	r := start(t, open())
	for name, cutAt := range map[string]int{
		"one segment": len(all), "cut in the first header": len(all) - len(subscribe) - len(ping) + 1,
		"cut in a payload": len(all) - 5, "cut between frames": len(all) - len(subscribe),
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			nc, err := r.dial()
			if err != nil {
				t.Fatal(err)
			}
			c := r.attach(nc)
			c.raw([]byte(all[:cutAt]))
			resp, err := http.ReadResponse(c.br, nil)
			if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%v, %v", resp, err)
			}
			_ = resp.Body.Close()
			c.want("connection_established")
			c.raw([]byte(all[cutAt:]))
			if o := c.want("pong"); o["id"] != 1.0 {
				t.Error(o)
			}
			if o := c.want("subscription_result"); o["success"] != true {
				t.Error(o)
			}
			c.frame(ws.OpClose, nil)
			c.wantClose(1005)
			vacated(t, r)
		})
	}
	t.Run("a login", func(t *testing.T) {
		r := start(t, secured())
		nc, err := r.dial()
		if err != nil {
			t.Fatal(err)
		}
		c := r.attach(nc)
		c.raw([]byte(handshake(get) + frame(`{"type":"auth","token":"u"}`) + ping))
		resp, err := http.ReadResponse(c.br, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		for _, want := range []string{"auth_required", "auth_result", "connection_established", "pong"} {
			c.want(want)
		}
	})
}

// Case 10: a client that is gone before the answer leaves nothing behind, and
// those who work for it are told.
func TestGoneBeforeUpgrade(t *testing.T) {
	for name, hang := range map[string]func(cfg *Config, wait func(context.Context)){
		"during authentication": func(cfg *Config, wait func(context.Context)) {
			cfg.Access.Authenticator = authFunc(func(ctx context.Context, _ string) (Identity, error) {
				wait(ctx)
				return Identity{UserID: "u"}, nil
			})
		},
		"during OnConnect": func(cfg *Config, wait func(context.Context)) {
			cfg.Hooks.OnConnect = func(ctx context.Context, _ Client) (json.RawMessage, error) {
				wait(ctx)
				return nil, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := secured()
			hanging, gone := make(chan struct{}), make(chan error, 1)
			hang(&cfg, func(ctx context.Context) {
				close(hanging)
				select {
				case <-ctx.Done():
					gone <- nil
				case <-time.After(patience):
					gone <- errors.New("the context did not end")
				}
			})
			r := start(t, cfg)
			nc, err := r.dial()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(nc, handshake("GET /ws/a HTTP/1.1", "Authorization: Bearer u")); err != nil {
				t.Fatal(err)
			}
			<-hanging
			_ = nc.(*net.TCPConn).SetLinger(0)
			_ = nc.Close()
			if err := <-gone; err != nil {
				t.Error(err)
			}
			vacated(t, r)
		})
	}
	t.Run("where there is nothing to upgrade", func(t *testing.T) {
		r := start(t, open())
		req := httptest.NewRequest(http.MethodGet, "/ws/a", nil)
		for name, value := range map[string]string{
			"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			req.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req) // a recorder cannot be hijacked
		if w.Code != http.StatusInternalServerError {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		vacated(t, r)
	})
}

func TestOnConnect(t *testing.T) {
	tests := map[string]struct {
		user     string
		code     protocol.Code // "": admitted
		metadata string
	}{
		"nothing":         {"u", "", `{"of":"token"}`},
		"metadata":        {"meta", "", `{"of":"hook"}`},
		"refusal":         {"unwanted", protocol.CodeForbidden, ""},
		"refusal, coded":  {"own", protocol.CodeRateLimited, ""},
		"panic":           {"hookpanic", protocol.CodeInternal, ""},
		"odd metadata":    {"odd", protocol.CodeInternal, ""},
		"larger metadata": {"large", protocol.CodeInternal, ""},
	}
	var mu sync.Mutex
	var seen Client
	disconnected := 0
	cfg := Config{Access: Access{Authenticator: authFunc(func(_ context.Context, token string) (Identity, error) {
		return Identity{UserID: token, Roles: []string{"trader"}, Metadata: []byte(`{"of":"token"}`)}, nil
	})}}
	cfg.Hooks.OnConnect = func(ctx context.Context, c Client) (json.RawMessage, error) {
		mu.Lock()
		seen = c
		mu.Unlock()
		switch c.Identity.UserID {
		case "meta":
			return []byte(`{"of":"hook"}`), nil
		case "large":
			return []byte(`{"a":"` + strings.Repeat("x", maxMetadata) + `"}`), nil
		}
		return refuseSome(ctx, c)
	}
	cfg.Hooks.OnDisconnect = func(context.Context, Client, protocol.CloseCode, string) {
		mu.Lock()
		disconnected++
		mu.Unlock()
	}
	r := start(t, cfg)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(handshake("GET /ws/"+tt.user+" HTTP/1.1", "Authorization: Bearer "+tt.user))
			mu.Lock()
			c := seen
			mu.Unlock()
			if c.ID != tt.user || c.Identity.UserID != tt.user || c.Identity.Roles[0] != "trader" || !strings.HasPrefix(c.RemoteAddr, "127.0.0.1:") {
				t.Errorf("the hook saw %+v", c)
			}
			if tt.code != "" {
				if message := wantRefusal(t, a, tt.code); strings.Contains(message, "not this one") {
					t.Errorf("the cause is told: %s", message)
				}
				return
			}
			if info := r.info(tt.user); a.status != http.StatusSwitchingProtocols || string(info.Metadata) != tt.metadata {
				t.Errorf("%d, %+v", a.status, info)
			}
		})
	}
	vacated(t, r)
	r.stop()
	if disconnected != 2 { // those who were admitted
		t.Errorf("OnDisconnect ran %d times", disconnected)
	}
	if s := r.panics.Load(); s != 1 {
		t.Errorf("%d panics counted", s)
	}
}
