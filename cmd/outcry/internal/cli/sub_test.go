package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/client"
)

// message reads a message as the client package does.
func message(t *testing.T, raw string) client.Message {
	t.Helper()
	m := client.Message{Raw: []byte(raw)}
	if err := json.Unmarshal([]byte(raw), &struct {
		Type    *string `json:"type"`
		Channel *string `json:"channel"`
	}{&m.Type, &m.Channel}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessagePrinter(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	now := time.Date(2026, 1, 20, 19, 30, 0, 5e8, seoul)
	const stamp = `"timestamp":"2026-01-20T10:29:59.123456+00:00"`
	tests := []struct{ name, in, want string }{
		{"quote", `{"type":"quote","symbol":"AAPL","price":271.50,"bid":271.49,"ask":271.51,"change_pct":0.42,"channel":"quotes.AAPL",` + stamp + `}`, "19:29:59.123  quotes.AAPL  AAPL  271.50  +0.42%  bid 271.49 ask 271.51"},
		{"falling quote", `{"type":"quote","symbol":"KOSPI","price":2500,"change_pct":-1.00,"channel":"q",` + stamp + `}`, "19:29:59.123  q  KOSPI  2500  -1.00%"},
		{"unchanged quote", `{"type":"quote","symbol":"A","price":1,"change_pct":0.00,"channel":"q",` + stamp + `}`, "19:29:59.123  q  A  1  0.00%"},
		{"quote of another kind", `{"type":"quote","price":"n/a","channel":"q",` + stamp + `}`, `19:29:59.123  q  quote {"price":"n/a"}`},
		{"trade", `{"type":"trade","symbol":"005930","side":"buy","size":10,"price":81000,"channel":"t",` + stamp + `}`, "19:29:59.123  t  005930  buy 10 at 81000"},
		{"chat", `{"type":"chat_message","channel":"general","user_id":"민수","client_id":"ws_1","message":"안녕\u001b[2J",` + stamp + `}`, `19:29:59.123  general  <민수> 안녕\u001b[2J`},
		{"typing", `{"type":"typing_indicator","channel":"c","client_id":"ws_1","is_typing":true,` + stamp + `}`, "19:29:59.123  c  ws_1 is typing"},
		{"not typing", `{"type":"typing_indicator","channel":"c","client_id":"ws_1","is_typing":false,` + stamp + `}`, "19:29:59.123  c  ws_1 stopped typing"},
		{"data", `{"type":"message","channel":"c","event":"fill","user_id":"u1","data":{"a": [1,  2]},` + stamp + `}`, `19:29:59.123  c  fill <u1> {"a":[1,2]}`},
		{"own type", `{"type":"alert","channel":"c","seq":7,"cursor":"x", "text":"a` + "\u202e" + `b",` + stamp + `}`, `19:29:59.123  c  alert {"seq":7,"text":"a\u202eb"}`},
		{"no channel", `{"type":"heartbeat",` + stamp + `}`, `19:29:59.123  heartbeat {}`},
		{"another day", `{"type":"a","channel":"c","timestamp":"2000-01-01T00:00:00+00:00"}`, `2000-01-01 09:00:00.000  c  a {}`},
		{"no time", `{"type":"a","channel":"c","timestamp":5}`, `19:30:00.500  c  a {}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			p := messagePrinter{w: &out}
			if err := p.print(message(t, tt.in), now); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(out.String(), "\n"); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestMessagePrinterAlignsAndColours(t *testing.T) {
	var out bytes.Buffer
	p := messagePrinter{w: &out, paint: true}
	now := time.Date(2026, 1, 20, 10, 30, 0, 0, time.UTC)
	for _, raw := range []string{
		`{"type":"trade","channel":"trades.AAPL","symbol":"AAPL","side":"sell","size":1,"price":2}`,
		`{"type":"quote","channel":"q","symbol":"B","price":1,"change_pct":2}`,
	} {
		if err := p.print(message(t, raw), now); err != nil {
			t.Fatal(err)
		}
	}
	want := "\x1b[2m10:30:00.000\x1b[0m  \x1b[36mtrades.AAPL\x1b[0m  \x1b[1mAAPL\x1b[0m  \x1b[31msell 1\x1b[0m at 2\n" +
		"\x1b[2m10:30:00.000\x1b[0m  \x1b[36mq          \x1b[0m  \x1b[1mB\x1b[0m  1  \x1b[32m+2%\x1b[0m\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessagePrinterJSON(t *testing.T) {
	var out bytes.Buffer
	p := messagePrinter{w: &out, asJSON: true}
	if err := p.print(message(t, "{\"type\" : \"a\",\n\"x\":1.50}"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `{"type":"a","x":1.50}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSub(t *testing.T) {
	api, socket := devServer(t)
	r := newRig(t)
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan int)
	go func() { done <- r.exec(ctx, newSub, "quotes.*", "chat", socket) }()
	r.err.await(t, "subscribed to quotes.*")
	p := newRig(t)
	if code := p.exec(t.Context(), newPub, "quotes.A", `{"type":"quote","symbol":"A","price":1.50}`, "--object", api); code != exitOK {
		t.Fatalf("pub: code %d: %s", code, p.err)
	}
	r.out.await(t, "  quotes.A  A  1.50\n")
	interrupt()
	if code := <-done; code != exitOK {
		t.Errorf("code %d: %s", code, r.err)
	}
	for _, bad := range [][]string{{"a b"}, {"a.*b"}, {"c", "--count=-1"}, {}} {
		r := newRig(t)
		if code := r.exec(t.Context(), newSub, bad...); code != exitUsage {
			t.Errorf("%q: code %d: %s", bad, code, r.err)
		}
	}
}

// scripted serves one WebSocket connection after another and returns the flag
// that leads there.
func scripted(t *testing.T, talk func(ctx context.Context, n int, ws *websocket.Conn)) string {
	t.Helper()
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow() //nolint:errcheck // it may be closed already
		n++
		_ = ws.Write(r.Context(), websocket.MessageText, []byte(`{"type":"connection_established","client_id":"ws_1"}`))
		if _, _, err := ws.Read(r.Context()); err == nil {
			talk(r.Context(), n, ws)
		}
	}))
	t.Cleanup(srv.Close)
	return "--url=ws://" + srv.Listener.Addr().String()
}

// send writes messages, and answers the first subscribe for channel c.
func send(ctx context.Context, ws *websocket.Conn, messages ...string) {
	messages = append([]string{`{"type":"subscription_result","channel":"c","success":true,"id":"c1"}`}, messages...)
	for _, m := range messages {
		_ = ws.Write(ctx, websocket.MessageText, []byte(m))
	}
}

func TestSubControlMessages(t *testing.T) {
	control := []string{
		`{"type":"heartbeat"}`,
		`{"type":"gap","channel":"c","lost":12,"reason":"slow"}`,
		`{"type":"resync","channel":"c","reason":"trimmed"}`,
		`{"type":"subscription_lost","channel":"d","reason":"revoked"}`,
		`{"type":"error","code":"internal","message":"oh"}`,
		`{"type":"degraded","reason":"redis"}`, `{"type":"restored"}`, `{"type":"token_expiring"}`,
		`{"type":"reconnect","within_ms":60000,"reason":"drain"}`,
		`{"type":"message","channel":"c","data":1}`,
	}
	url := scripted(t, func(ctx context.Context, _ int, ws *websocket.Conn) {
		send(ctx, ws, control...)
		ws.CloseRead(ctx)
		<-ctx.Done()
	})
	r := newRig(t)
	if code := r.exec(t.Context(), newSub, "c", url, "--count=1", "--json"); code != exitOK {
		t.Errorf("code %d: %s", code, r.err)
	}
	want := `connected as ws_1
subscribed to c
c: 12 messages lost (slow)
c: position lost (trimmed); what follows does not join what came before
d: the server ended the subscription (revoked)
error: oh
the server may miss publications (redis)
the server sees all publications again
the token expires soon
the server asks for a new connection (drain)
`
	if diff := cmp.Diff(want, r.err.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := r.out.String(); got != control[len(control)-1]+"\n" {
		t.Errorf("printed %s", got)
	}
	r = newRig(t)
	if code := r.exec(t.Context(), newSub, "c", url, "--count=10", "--json", "--raw"); code != exitOK {
		t.Errorf("code %d: %s", code, r.err)
	}
	if diff := cmp.Diff(strings.Join(control, "\n")+"\n", r.out.String()); diff != "" {
		t.Errorf("--raw -want +got:\n%s", diff)
	}
}

func TestSubEnds(t *testing.T) {
	tests := []struct {
		name string
		talk func(ctx context.Context, n int, ws *websocket.Conn)
		args []string
		code int
		want string
	}{
		{"refused channel", func(ctx context.Context, _ int, ws *websocket.Conn) {
			_ = ws.Write(ctx, websocket.MessageText, []byte(`{"type":"subscription_result","channel":"c","success":false,"code":"forbidden","message":"no","id":"c1"}`))
		}, nil, exitRefused, "outcry: c: forbidden: no"},
		{"revoked", func(ctx context.Context, _ int, ws *websocket.Conn) {
			send(ctx, ws)
			_ = ws.Close(4503, "revoked")
		}, nil, exitRefused, "outcry: server closed the connection (4503 forbidden): revoked"},
		{"lost and not replaced", func(ctx context.Context, _ int, ws *websocket.Conn) {
			send(ctx, ws)
			_ = ws.Close(4005, "draining")
		}, []string{"--reconnect=false"}, exitFailure, "outcry: server closed the connection (4005 draining)"},
		{"lost and replaced", func(ctx context.Context, n int, ws *websocket.Conn) {
			send(ctx, ws, `{"type":"message","channel":"c","data":1}`)
			if n == 1 {
				_ = ws.Close(4005, "draining")
			}
		}, []string{"--count=2"}, exitOK, "disconnected: server closed the connection (4005 draining); next attempt in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			code := r.exec(t.Context(), newSub, append([]string{"c", scripted(t, tt.talk)}, tt.args...)...)
			if code != tt.code || !strings.Contains(r.err.String(), tt.want) {
				t.Errorf("code %d, want %d with %q: %s", code, tt.code, tt.want, r.err)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"a b 한 é": "a b 한 é", "\x1b[31m": `\u001b[31m`, "a\nb\t": `a\u000ab\u0009`, "\u009b2J": `\u009b2J`,
		"\U000e0001": `\U000e0001`, "\xff": `\ufffd`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
