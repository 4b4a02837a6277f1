package client

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

func TestClientTalks(t *testing.T) {
	talk := func(_ int, p *peer) {
		p.greet()
		for range 2 { // subscribe, publish
			cmd, _ := p.command()
			p.reply(cmd)
		}
		p.send(`{"type":"quote","channel":"a.b","id":"c2","price":1}`)
		p.send(`{"type":[],"channel":5}`)
		p.answer()
	}
	world(t, talk, func(t stage) {
		c := dial(t, t.opts)
		want := protocol.ConnectionEstablished{
			ClientID: "ws_1", UserID: "u1", Session: "s", Node: "n1", HeartbeatInterval: 30 * time.Second,
			Timestamp: time.Date(2026, 1, 20, 10, 30, 0, 1000, time.UTC),
			Limits:    protocol.Limits{MaxMessageSize: 1024, MaxChannels: 7},
		}
		if diff := cmp.Diff(want, c.Established()); diff != "" {
			t.Errorf("established -want +got:\n%s", diff)
		}
		subs, err := c.Subscribe(t.Context(), "a.b", "c", "a.b")
		if diff := cmp.Diff([]Subscription{{Channel: "a.b"}, {Channel: "c"}}, subs); diff != "" || err != nil {
			t.Fatalf("%v, subscriptions -want +got:\n%s", err, diff)
		}
		ack, err := c.Publish(t.Context(), Publication{Channel: "a.b", Data: []byte(`{"x":1}`), Event: "e", ID: "m1", Key: "k"})
		if err != nil || ack != (Ack{ID: "m1", Seq: 3, Cursor: "c"}) {
			t.Errorf("%+v, %v", ack, err)
		}
		receivesQuote(t, c)
		if _, err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Unsubscribe(t.Context(), "a.b", "c"); err != nil || len(c.subscribed()) != 0 {
			t.Errorf("%v, %v", err, c.subscribed())
		}
	})
}

// receivesQuote takes a publication with the id of a command, which it does not
// answer, and a message whose type is none.
func receivesQuote(t stage, c *Client) {
	t.Helper()
	m, err := c.Receive(t.Context())
	if err != nil || m.Type != "quote" || m.Channel != "a.b" || m.Control() {
		t.Errorf("%+v, %v", m, err)
	}
	var quote struct {
		Price int `json:"price"`
	}
	if err := m.Decode(&quote); err != nil || quote.Price != 1 {
		t.Errorf("%+v, %v", quote, err)
	}
	if m, err := c.Receive(t.Context()); err != nil || m.Type != "" || m.Channel != "" {
		t.Errorf("message without a type: %+v, %v", m, err)
	}
}

func TestClientIsRefused(t *testing.T) {
	world(t, func(_ int, p *peer) {
		p.refuse = func(name string) bool { return name == "secret" }
		p.greet()
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		subs, err := c.Subscribe(t.Context(), "secret", "open")
		if err != nil || len(subs) != 2 || subs[1].Err != nil {
			t.Fatalf("%+v, %v", subs, err)
		}
		var refused *protocol.Error
		if !errors.As(subs[0].Err, &refused) || refused.Code != protocol.CodeForbidden {
			t.Errorf("refused channel: %v", subs[0].Err)
		}
		if diff := cmp.Diff([]string{"open"}, c.subscribed()); diff != "" {
			t.Errorf("channels -want +got:\n%s", diff)
		}
		if _, err := c.Publish(t.Context(), Publication{Channel: "closed", Data: []byte(`1`)}); !errors.As(err, &refused) {
			t.Errorf("refused publication: %v", err)
		}
		if _, err := c.Subscribe(t.Context(), "whole"); !errors.As(err, &refused) || refused.Code != protocol.CodeRateLimited {
			t.Errorf("a command refused as a whole: %v", err)
		}
		if _, err := c.Publish(t.Context(), Publication{Object: []byte(`{}`)}); err == nil {
			t.Error("a whole object over WebSocket is no error")
		}
	})
}

func TestClosedClient(t *testing.T) {
	world(t, func(_ int, p *peer) {
		p.greet()
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		c.Close()
		if diff := cmp.Diff([]State{Connecting, Connected, Closed}, t.seen.states()); diff != "" {
			t.Errorf("states -want +got:\n%s", diff)
		}
		for m, err := range c.Messages(t.Context()) {
			t.Errorf("after Close: %+v, %v", m, err)
		}
		if _, err := c.Ping(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestCloseSaysGoodbye(t *testing.T) {
	code := make(chan websocket.StatusCode, 1)
	world(t, func(_ int, p *peer) {
		p.greet()
		_, _, err := p.ws.Read(p.t.Context())
		code <- websocket.CloseStatus(err)
	}, func(t stage) {
		dial(t, t.opts).Close()
		if got := <-code; got != websocket.StatusNormalClosure {
			t.Errorf("close code %d", got)
		}
	})
}

func TestReconnect(t *testing.T) {
	world(t, func(n int, p *peer) {
		p.greet()
		switch n {
		case 1:
			cmd, _ := p.command()
			p.reply(cmd)
			p.send(`{"type":"message","channel":"a","n":1}`)
			return // without a close frame
		case 2:
			_ = p.ws.Close(4005, "draining")
			return
		}
		p.refuse = func(name string) bool { return name == "b" }
		cmd, _ := p.command()
		s, err := cmd.Subscribe()
		if err != nil || !slices.Equal(s.Channels, []string{"a", "b"}) {
			t.Errorf("subscribed again: %v, %v", s.Channels, err)
		}
		p.reply(cmd)
		p.send(`{"type":"message","channel":"a","n":2}`)
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		if _, err := c.Subscribe(t.Context(), "a", "b"); err != nil {
			t.Fatal(err)
		}
		got := []string{receive(t, c), receive(t, c), receive(t, c)}
		want := []string{
			`{"type":"message","channel":"a","n":1}`,
			`{"type":"subscription_result","channel":"b","success":false,"code":"forbidden","message":"no right to b","id":"c1"}`,
			`{"type":"message","channel":"a","n":2}`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages -want +got:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"a"}, c.subscribed()); diff != "" {
			t.Errorf("channels -want +got:\n%s", diff)
		}
		states := []State{Connecting, Connected, Disconnected, Connecting, Connected, Disconnected, Connecting, Connected}
		if diff := cmp.Diff(states, t.seen.states()); diff != "" {
			t.Errorf("states -want +got:\n%s", diff)
		}
		if e, ok := errors.AsType[*CloseError](t.seen.at(5).Err); !ok || e.Code != protocol.CloseDraining {
			t.Errorf("second loss: %v", t.seen.at(5).Err)
		}
	})
}

func TestCloseCodes(t *testing.T) {
	for code, again := range map[websocket.StatusCode]bool{
		4000: true, 4003: true, 4005: true, 4099: true, 1011: true, 1012: true, 1001: true,
		4500: false, 4501: false, 4503: false, 4510: false, 4599: false, 1008: false, 1000: false,
	} {
		t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
			world(t, func(n int, p *peer) {
				p.greet()
				if n == 1 {
					_ = p.ws.Close(code, "")
					return
				}
				p.answer()
			}, func(t stage) {
				c := dial(t, t.opts)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := c.Receive(ctx)
				e, closed := errors.AsType[*CloseError](err)
				if closed == again || closed && e.Code != protocol.CloseCode(code) {
					t.Errorf("receive: %v", err)
				}
				if want := map[bool]State{true: Connected, false: Closed}[again]; t.seen.at(-1).State != want {
					t.Errorf("state %v, want %v", t.seen.at(-1).State, want)
				}
			})
		})
	}
}

// The server names the time in which to leave; the connection is replaced
// within it, and only once.
func TestReconnectMessage(t *testing.T) {
	world(t, func(n int, p *peer) {
		p.greet()
		if n == 1 {
			p.send(`{"type":"reconnect","within_ms":20000,"reason":"drain"}`)
			p.send(`{"type":"reconnect","within_ms":1,"reason":"drain"}`)
		}
		p.answer()
	}, func(t stage) {
		began := time.Now()
		c := dial(t, t.opts)
		receive(t, c)
		receive(t, c)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		want := []State{Connecting, Connected, Disconnected, Connecting, Connected}
		if diff := cmp.Diff(want, t.seen.states()); diff != "" {
			t.Fatalf("after %v, states -want +got:\n%s", time.Since(began), diff)
		}
		if t.seen.at(2).Retry != 0 {
			t.Errorf("pause of %v after a planned move", t.seen.at(2).Retry)
		}
	})
}

func TestSilentServerIsDropped(t *testing.T) {
	world(t, func(n int, p *peer) {
		p.greet()
		p.mute.Store(n == 1)
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		time.Sleep(36 * time.Second)
		if len(t.seen.states()) < 3 || !errors.Is(t.seen.at(2).Err, errSilent) {
			t.Fatalf("states %v", t.seen.states())
		}
		time.Sleep(5 * time.Minute)
		if s := t.seen.states(); len(s) != 5 || s[4] != Connected {
			t.Errorf("a server that answers pings was dropped: %v", s)
		}
		c.Close()
	})
}

func TestServerBreaksProtocol(t *testing.T) {
	tests := []struct {
		name string
		send func(p *peer)
		want string
	}{
		{"invalid UTF-8", func(p *peer) { p.send("{\"type\":\"a\xff\"}") }, "server broke the protocol: text that is not UTF-8"},
		{"array", func(p *peer) { p.send(`[]`) }, "server broke the protocol: a message that is not a JSON object"},
		{"half an object", func(p *peer) { p.send(`{"type":"a"`) }, "server broke the protocol"},
		{"binary", func(p *peer) {
			_ = p.ws.Write(p.t.Context(), websocket.MessageBinary, []byte("{}"))
		}, "server broke the protocol: a binary message"},
		{"too large", func(p *peer) { p.send(`{"a":"` + strings.Repeat("x", 1000) + `"}`) }, "server broke the protocol: a message larger than ReadLimit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			world(t, func(_ int, p *peer) {
				p.greet()
				tt.send(p)
				p.answer()
			}, func(t stage) {
				t.opts.ReadLimit = 512
				c := dial(t, t.opts)
				_, err := c.Receive(t.Context())
				if _, ok := errors.AsType[*ProtocolError](err); !ok || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("error %v, want %s", err, tt.want)
				}
				if t.seen.at(-1).State != Closed {
					t.Errorf("state %v", t.seen.at(-1).State)
				}
			})
		})
	}
}

func TestDialFails(t *testing.T) {
	greet := func(text string) script {
		return func(_ int, p *peer) { p.send(text); p.answer() }
	}
	tests := []struct {
		name   string
		script script
		want   string
	}{
		{"wants a token", greet(`{"type":"auth_required","timeout":5}`), "server refused (401 unauthenticated): the server wants a token"},
		{"speaks otherwise", greet(`{"type":"hello"}`), `server broke the protocol: first message has the type "hello"`},
		{"closes", func(_ int, p *peer) { _ = p.ws.Close(4501, "invalid_token") }, "server closed the connection (4501 invalid_token)"},
		{"says nothing", func(_ int, p *peer) { p.answer() }, "context deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			world(t, tt.script, func(t stage) {
				_, err := Dial(t.Context(), t.opts)
				if err == nil || err.Error() != tt.want {
					t.Errorf("error %v, want %s", err, tt.want)
				}
				if diff := cmp.Diff([]State{Connecting, Closed}, t.seen.states()); diff != "" {
					t.Errorf("states -want +got:\n%s", diff)
				}
			})
		})
	}
}

func TestDialRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer T" {
				t.Errorf("authorization %q", r.Header.Get("Authorization"))
			}
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(protocol.Errorf(protocol.CodeDraining, "going").AppendBody(nil))
		}))
		_, err := Dial(t.Context(), Options{URL: "ws://server/ws", HTTPClient: client, Token: StaticToken("T")})
		e, ok := errors.AsType[*RefusedError](err)
		if want := (RefusedError{503, protocol.CodeDraining, "going", 3 * time.Second}); !ok || *e != want {
			t.Errorf("error %+v", err)
		}
		for range 100 {
			b := backoff{least: time.Millisecond, most: time.Second}
			if p := b.next(err); p < 3*time.Second || p > 4500*time.Millisecond {
				t.Fatalf("pause %v", p)
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	for _, url := range []string{"ws://127.0.0.1:1/ws", "http://127.0.0.1:1/ws"} {
		_, err := Dial(t.Context(), Options{URL: url})
		if e, ok := errors.AsType[*UnreachableError](err); !ok || e.URL != url {
			t.Errorf("error %v", err)
		}
	}
	for _, url := range []string{"", "127.0.0.1:8000", "ftp://h/ws", "ws:///ws", "ws://h\x00/"} {
		if _, err := Dial(t.Context(), Options{URL: url}); err == nil {
			t.Errorf("url %q is no error", url)
		}
	}
	if _, err := Dial(t.Context(), Options{URL: "ws://h/ws", Inbox: -1}); err == nil {
		t.Error("a negative inbox is no error")
	}
}

func TestTokenIsAskedEveryTime(t *testing.T) {
	world(t, func(n int, p *peer) {
		p.greet()
		if n > 1 {
			p.answer()
		}
	}, func(t stage) {
		var mu sync.Mutex
		asked := 0
		t.opts.Token = func(context.Context) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			asked++
			if asked == 2 {
				return "", errors.New("no token now")
			}
			return "T", nil
		}
		dial(t, t.opts)
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if asked != 3 || t.seen.at(-1).State != Connected {
			t.Errorf("asked %d times, states %v", asked, t.seen.states())
		}
	})
}

func TestCommandsWithoutConnection(t *testing.T) {
	world(t, func(n int, p *peer) {
		if n > 1 {
			_ = p.ws.Close(1012, "")
			return
		}
		p.greet()
		cmd, _ := p.command()
		p.reply(cmd)
		p.command() // a publication that gets no answer
	}, func(t stage) {
		c := dial(t, t.opts)
		if _, err := c.Subscribe(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Publish(t.Context(), Publication{Channel: "a", Data: []byte("1")}); !errors.Is(err, ErrLost) {
			t.Errorf("publish: %v", err)
		}
		synctest.Wait()
		if _, err := c.Subscribe(t.Context(), "b"); !errors.Is(err, ErrNotConnected) && !errors.Is(err, ErrLost) {
			t.Errorf("subscribe: %v", err)
		}
		if err := c.Unsubscribe(t.Context(), "a"); err != nil || len(c.subscribed()) != 0 {
			t.Errorf("unsubscribe: %v, %v", err, c.subscribed())
		}
		c.Close() // while it waits for the next attempt
	})
}

func TestNoReconnect(t *testing.T) {
	world(t, func(_ int, p *peer) {
		p.greet()
		p.send(`{"type":"message","channel":"a"}`)
	}, func(t stage) {
		t.opts.NoReconnect = true
		c := dial(t, t.opts)
		var got []string
		for m, err := range c.Messages(t.Context()) {
			if err != nil {
				got = append(got, strings.SplitN(err.Error(), ":", 2)[0])
				continue
			}
			got = append(got, m.Type)
		}
		if diff := cmp.Diff([]string{"message", "connection lost"}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// Nobody receives: reading stops, nothing is lost, a call that waits behind
// the messages ends, and then all comes out in order.
func TestBacklog(t *testing.T) {
	const n = 400
	world(t, func(_ int, p *peer) {
		p.greet()
		cmd, _ := p.command()
		for i := range n {
			p.send(`{"type":"message","channel":"a","n":` + strconv.Itoa(i) + `}`)
		}
		p.reply(cmd)
		p.answer()
	}, func(t stage) {
		t.opts.Inbox = 1000
		c := dial(t, t.opts)
		if _, err := c.Ping(t.Context()); !errors.Is(err, ErrBacklog) {
			t.Fatalf("ping: %v", err)
		}
		time.Sleep(5 * time.Minute) // a stalled reader is no silent server
		for i := range n {
			if got, want := receive(t, c), `{"type":"message","channel":"a","n":`+strconv.Itoa(i)+`}`; got != want {
				t.Fatalf("message %s, want %s", got, want)
			}
		}
		if _, err := c.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
	})
}

func TestCallEndsWithContext(t *testing.T) {
	world(t, func(_ int, p *peer) {
		p.greet()
		late, _ := p.command()
		p.command()
		p.reply(late) // is dropped
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ping: %v", err)
		}
		if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ping with an ended context: %v", err)
		}
		if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("receive: %v", err)
		}
	})
}

// use calls all that a Client can do; of two channels one stays subscribed.
func use(t testing.TB, c *Client, name string) {
	t.Helper()
	for range 20 {
		_, subscribe := c.Subscribe(t.Context(), name, name+"x")
		_, publish := c.Publish(t.Context(), Publication{Channel: name, Data: []byte("1")})
		if err := errors.Join(subscribe, publish, c.Unsubscribe(t.Context(), name)); err != nil {
			t.Error(err)
		}
		c.Established()
	}
}

// Case 89, the client's side of it: many goroutines use one Client.
func TestConcurrentUse(t *testing.T) {
	world(t, func(_ int, p *peer) {
		p.greet()
		p.answer()
	}, func(t stage) {
		c := dial(t, t.opts)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() { use(t, c, "c"+strconv.Itoa(i)) })
		}
		all.Wait()
		if got := len(c.subscribed()); got != 8 {
			t.Errorf("%d channels", got)
		}
	})
}

func TestBackoff(t *testing.T) {
	b := backoff{least: 500 * time.Millisecond, most: 20 * time.Second}
	for attempt := range 100 {
		ceiling := min(500*time.Millisecond<<min(attempt, 10), 20*time.Second)
		if p := b.next(nil); p < 0 || p > ceiling {
			t.Errorf("pause %d is %v, at most %v", attempt, p, ceiling)
		}
	}
	b.ended(time.Second)
	if b.attempt != 100 {
		t.Error("a short life resets the pauses")
	}
	b.ended(stableAfter)
	if b.attempt != 0 {
		t.Error("a long life does not reset the pauses")
	}
}
