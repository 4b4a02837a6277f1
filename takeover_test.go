package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// mixed is a Config that admits anonymous clients beside authenticated ones.
func mixed() Config {
	cfg := secured()
	cfg.Access.Insecure = true
	cfg.Rules = open().Rules
	return cfg
}

// Case 38: a client id in a URL gives nobody the place of its holder.
func TestForeignClientID(t *testing.T) {
	for name, tt := range map[string]struct{ holder, attacker string }{
		"anonymous, from nobody":           {"/ws/victim", "/ws/victim"},
		"anonymous, with a wrong secret":   {"/ws/victim", "/ws/victim?session=AAAAAAAAAAAAAAAAAAAAAA"},
		"anonymous, from a user":           {"/ws/victim", "/ws/victim?token=mallory"},
		"user, from nobody":                {"/ws/victim?token=u", "/ws/victim"},
		"user, from another user":          {"/ws/victim?token=u", "/ws/victim?token=mallory"},
		"user without a name, from nobody": {"/ws/victim?token=%2F", "/ws/victim"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipe(t, mixed())
				defer r.stop()
				victim := r.connect(tt.holder)
				victim.subscribe("private")
				before, err := r.Client(t.Context(), "victim")
				if err != nil {
					t.Fatal(err)
				}
				// The first comes so soon that the holder has nothing to prove.
				wantRefusal(t, r.knock(handshake("GET "+tt.attacker+" HTTP/1.1")), protocol.CodeClientIDInUse)
				time.Sleep(2 * time.Second)
				refused := make(chan answer, 1)
				go func() { refused <- r.knock(handshake("GET " + tt.attacker + " HTTP/1.1")) }()
				if !victim.pings(1) {
					t.Error("the holder was not asked for a sign of life")
				}
				wantRefusal(t, <-refused, protocol.CodeClientIDInUse)
				after, err := r.Client(t.Context(), "victim")
				after.LastPong = before.LastPong
				if diff := cmp.Diff(before, after); err != nil || diff != "" {
					t.Errorf("the holder has changed, %v:\n%s", err, diff)
				}
				if members, err := r.Members(t.Context(), "private"); err != nil || len(members) != 1 {
					t.Errorf("presence %v, %v", members, err)
				}
				if got, err := r.SendToClient(t.Context(), "victim", []byte(`{"type":"secret"}`)); err != nil || got.Sent != 1 {
					t.Errorf("%+v, %v", got, err)
				}
				victim.want("secret")
				if s, _ := r.Stats(t.Context()); s.ActiveConnections != 1 || s.TotalConnections != 1 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// pings answers n pings and reports whether they came before anything else.
func (c *client) pings(n int) bool {
	for range n {
		op, payload, err := c.next()
		if err != nil || op != ws.OpPing {
			return false
		}
		c.frame(ws.OpPong, payload)
	}
	return true
}

// Case 38, by message: the id is checked when the client logs in.
func TestForeignClientIDAtLogin(t *testing.T) {
	r := start(t, secured())
	victim := r.connect("/ws/victim?token=u")
	go victim.answerPings()
	c := r.connecting("/ws/victim")
	c.send(`{"type":"auth","token":"mallory"}`)
	if o := c.want("auth_result"); o.str("code") != "client_id_in_use" {
		t.Error(o)
	}
	c.wantClose(4511)
	if info, err := r.Client(t.Context(), "victim"); err != nil || info.UserID != "u" {
		t.Errorf("%+v, %v", info, err)
	}
}

// Case 39: the same client replaces its earlier connection, which is told not
// to come back: two tabs do not evict each other in a loop.
func TestReplaced(t *testing.T) {
	r := start(t, mixed())
	for name, again := range map[string]func(first *client) *client{
		"the same user": func(*client) *client { return r.connect("/ws/a?token=u") },
		"the same user by message": func(*client) *client {
			closed := start(t, secured()) // where nobody is admitted without a token
			first := closed.connect("/ws/a?token=u")
			c := closed.connecting("/ws/a")
			c.login("u")
			first.wantClose(4510)
			_ = c.conn.Close()
			return r.connect("/ws/a?token=u")
		},
		"the same user after a renewal": func(first *client) *client {
			first.send(`{"type":"auth","token":"u/desk"}`)
			first.want("auth_result")
			return r.connect("/ws/a?token=u")
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := r.connect("/ws/a?token=u")
			first.subscribe("b")
			second := again(first)
			if reason := first.wantClose(4510); reason == "" {
				t.Error("no reason")
			}
			if got, err := r.SendToClient(t.Context(), "a", []byte(`{"type":"x"}`)); err != nil || got.Sent != 1 {
				t.Errorf("%+v, %v", got, err)
			}
			second.want("x")
			if ch, err := r.Channel(t.Context(), "b"); err != nil || ch.Subscribers != 0 {
				t.Errorf("subscriptions of the first are left: %+v, %v", ch, err)
			}
			_ = second.conn.Close()
			eventually(t, "everything is free", func() bool { return r.active.Load() == 0 && len(r.ids.ids()) == 0 })
		})
	}
	t.Run("an anonymous client with its secret", func(t *testing.T) {
		first := r.connect("/ws/a")
		second := r.connect("/ws/a?session=" + first.hello.str("session"))
		first.wantClose(4510)
		if second.hello.str("session") == first.hello.str("session") {
			t.Error("the secret is used twice")
		}
		go second.answerPings()
		if c, status, _ := r.try("/ws/a?session=" + first.hello.str("session")); c != nil || status != http.StatusConflict {
			t.Errorf("the old secret is still good: %d", status)
		}
	})
}

// A holder that does not answer within two seconds loses its id.
func TestSilentHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, mixed())
		defer r.stop()
		silent := r.connect("/ws/a?token=u")
		silent.subscribe("b")
		time.Sleep(2 * time.Second)
		began := time.Now()
		c := r.connect("/ws/a?token=v")
		at(t, began, 2*time.Second)
		if c.id != "a" || c.hello.str("user_id") != "v" {
			t.Error(c.hello)
		}
		if info, err := r.Client(t.Context(), "a"); err != nil || info.UserID != "v" || len(info.Channels) != 0 {
			t.Errorf("%+v, %v", info, err)
		}
		if r.active.Load() != 1 {
			t.Errorf("%d active", r.active.Load())
		}
		_ = silent.conn.Close()
	})
}

// Two newcomers wait for the same silent holder: one of them gets the id.
func TestTwoNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, mixed())
		defer r.stop()
		r.connect("/ws/a?token=u")
		time.Sleep(2 * time.Second)
		var admitted, refused int
		var mu sync.Mutex
		var newcomers sync.WaitGroup
		for _, token := range []string{"v", "w", "x"} {
			newcomers.Go(func() {
				c, status, _ := r.try("/ws/a?token=" + token)
				mu.Lock()
				defer mu.Unlock()
				if c != nil {
					admitted++
					go c.answerPings()
				} else if status == http.StatusConflict {
					refused++
				}
			})
		}
		newcomers.Wait()
		if admitted != 1 || refused != 2 || r.active.Load() != 1 {
			t.Errorf("%d admitted, %d refused, %d active", admitted, refused, r.active.Load())
		}
	})
}

// Case 38: a holder whose input we do not read, because its commands pile up,
// cannot answer and is not to blame.
func TestBusyHolderKeepsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := mixed()
		release := make(chan struct{})
		cfg.Hooks.OnPublish = func(context.Context, Client, *Message) error { <-release; return nil }
		r := startPipe(t, cfg)
		defer r.stop()
		defer close(release)
		busy := r.connect("/ws/a?token=u")
		for range maxBacklog {
			busy.send(`{"type":"publish","channel":"c","data":1}`)
		}
		time.Sleep(2 * time.Second)
		var reading sync.WaitGroup
		reading.Go(busy.answerPings)
		if c, status, _ := r.try("/ws/a?token=mallory"); c != nil || status != http.StatusConflict {
			t.Errorf("a busy client lost its id: %d", status)
		}
		_ = busy.conn.Close()
		reading.Wait()
	})
}

// While a newcomer is being admitted its id is reserved, but there is nobody
// to see, to send to or to disconnect.
func TestBeingAdmitted(t *testing.T) { synctest.Test(t, testBeingAdmitted) }

func testBeingAdmitted(t *testing.T) {
	inHook, release := make(chan struct{}), make(chan struct{})
	cfg := mixed()
	cfg.Hooks.OnConnect = func(_ context.Context, c Client) (json.RawMessage, error) {
		if c.Identity.UserID == "u" {
			close(inHook)
			<-release
		}
		return []byte(`{"n":1}`), nil
	}
	r := startPipe(t, cfg)
	defer r.stop()
	time.Sleep(2 * time.Second)
	connected := make(chan *client)
	go func() {
		c, _, _ := r.try("/ws/a?token=u")
		connected <- c
	}()
	<-inHook
	ctx := t.Context()
	if info, err := r.Client(ctx, "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Client: %+v, %v", info, err)
	}
	if list, err := r.Clients(ctx, Page{}); err != nil || len(list) != 0 {
		t.Errorf("Clients: %+v, %v", list, err)
	}
	if _, err := r.SendToClient(ctx, "a", []byte(`{"type":"x"}`)); !errors.Is(err, ErrNotFound) {
		t.Errorf("SendToClient: %v", err)
	}
	if err := r.Subscribe(ctx, "a", "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Subscribe: %v", err)
	}
	if err := r.Unsubscribe(ctx, "a", "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Unsubscribe: %v", err)
	}
	if err := r.Disconnect(ctx, "a", protocol.CloseNormal, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("Disconnect: %v", err)
	}
	wantRefusal(t, r.knock(handshake("GET /ws/a?token=v HTTP/1.1")), protocol.CodeClientIDInUse)
	close(release)
	c := <-connected
	c.want("connection_established")
	if info, err := r.Client(ctx, "a"); err != nil || string(info.Metadata) != `{"n":1}` || info.State != StateConnected {
		t.Errorf("%+v, %v", info, err)
	}
	if r.active.Load() != 1 {
		t.Errorf("%d active", r.active.Load())
	}
}

func TestSameClient(t *testing.T) {
	anonymous := newSession("a", "", Identity{}, time.Now())
	user := newSession("a", "", Identity{UserID: "u"}, time.Now())
	for name, tt := range map[string]struct {
		holder       *session
		user, secret string
		want         bool
	}{
		"the secret":              {anonymous, "", anonymous.secretText(), true},
		"no secret":               {anonymous, "", "", false},
		"part of the secret":      {anonymous, "", anonymous.secretText()[:10], false},
		"the secret, longer":      {anonymous, "", anonymous.secretText() + "A", false},
		"the secret, from a user": {anonymous, "u", anonymous.secretText(), false},
		"the user":                {user, "u", "", true},
		"another user":            {user, "U", "", false},
		"nobody with the secret":  {user, "", user.secretText(), false},
	} {
		if got := tt.holder.sameClient(tt.user, tt.secret); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if s := anonymous.secretText(); len(s) != 22 || strings.ContainsAny(s, "+/=") {
		t.Errorf("the secret %q does not fit a query", s)
	}
}

func TestDirectory(t *testing.T) {
	d := newDirectory()
	a, b := &conn{}, &conn{}
	if d.reserve("x", a) != nil || d.reserve("x", b) != a || d.find("x") != a || d.reserve("y", b) != nil {
		t.Error("reserve")
	}
	d.release("x", b) // not b's
	if d.find("x") != a || len(d.ids()) != 2 {
		t.Error("released by somebody else")
	}
	d.release("x", a)
	if d.find("x") != nil || d.reserve("x", b) != nil || len(d.ids()) != 2 {
		t.Error("release")
	}
	t.Run("concurrent", func(t *testing.T) {
		d := newDirectory()
		holders := make(chan int, 100)
		var contenders sync.WaitGroup
		for i := range 100 {
			contenders.Go(func() {
				if d.reserve("x", &conn{slot: uint32(i)}) == nil {
					holders <- i
				}
			})
		}
		contenders.Wait()
		if len(holders) != 1 || d.find("x").slot != uint32(<-holders) {
			t.Error("not one holder")
		}
	})
}

// longPresence answers with more members than may wait as replies.
type longPresence struct{ *memoryPresence }

func (longPresence) Members(context.Context, string) ([]Member, error) {
	return slices.Repeat([]Member{{"client-with-a-name", "user-with-a-name"}}, 8000), nil
}

// Case 38: a knock does not close a holder that is reading large replies.
func TestKnockAtABusyReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := mixed()
		cfg.Presence = longPresence{newMemoryPresence()}
		r := startPipe(t, cfg)
		defer r.stop()
		victim := r.connect("/ws/victim?token=u")
		for range 2 {
			victim.send(`{"type":"presence","channel":"a"}`)
		}
		time.Sleep(1500 * time.Millisecond) // it reads nothing meanwhile
		wantRefusal(t, r.knock(handshake("GET /ws/victim HTTP/1.1")), protocol.CodeClientIDInUse)
		for range 2 {
			if o := victim.want("presence_result"); o["count"] != 8000.0 {
				t.Errorf("count %v", o["count"])
			}
		}
	})
}
