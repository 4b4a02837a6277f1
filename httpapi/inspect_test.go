package httpapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
)

func TestChannels(t *testing.T) {
	s := start(t, func(n *outcry.Config, _ *Config) {
		n.Rules = []outcry.Rule{{Match: "room.>", Presence: true}}
	})
	a1, b1 := s.connect("a1", "alice"), s.connect("b1", "bob")
	for _, c := range []string{"room.1", "a/b", "x/presence"} {
		a1.subscribe(c)
	}
	b1.subscribe("room.1")

	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/channels", 200, `{"channels":[{"channel":"a/b","subscriber_count":1},{"channel":"room.1","subscriber_count":2},{"channel":"x/presence","subscriber_count":1}]}`},
		{"/channels?limit=2", 200, `{"channels":[{"channel":"a/b","subscriber_count":1},{"channel":"room.1","subscriber_count":2}],"next":"room.1"}`},
		{"/channels?limit=2&after=room.1", 200, `{"channels":[{"channel":"x/presence","subscriber_count":1}]}`},
		{"/channels/room.1", 200, `{"channel":"room.1","subscriber_count":2,"subscribers":["a1","b1"]}`},
		{"/channels/room.1?limit=1", 200, `{"channel":"room.1","subscriber_count":2,"subscribers":["a1"],"next":"a1"}`},
		{"/channels/room.1?limit=1&after=a1", 200, `{"channel":"room.1","subscriber_count":2,"subscribers":["b1"],"next":"b1"}`},
		{"/channels/room.1?after=b1", 200, `{"channel":"room.1","subscriber_count":2,"subscribers":[]}`},
		{"/channels/a/b", 200, `{"channel":"a/b","subscriber_count":1,"subscribers":["a1"]}`},
		{"/channels/a%2Fb", 200, `{"channel":"a/b","subscriber_count":1,"subscribers":["a1"]}`},
		{"/channels/a//b", 200, `{"channel":"a//b","subscriber_count":0,"subscribers":[]}`},
		{"/channels/x%2Fpresence", 200, `{"channel":"x/presence","subscriber_count":1,"subscribers":["a1"]}`},
		{"/channels/nobody", 200, `{"channel":"nobody","subscriber_count":0,"subscribers":[]}`},
		{"/channels/room.1/presence", 200, `{"channel":"room.1","members":[{"client_id":"a1","user_id":"alice"},{"client_id":"b1","user_id":"bob"}],"count":2}`},
		{"/channels/room.1/presence?limit=1", 200, `{"channel":"room.1","members":[{"client_id":"a1","user_id":"alice"}],"count":2,"next":"a1"}`},
		{"/channels/room.9/presence", 200, `{"channel":"room.9","members":[],"count":0}`},
		{"/channels/a/b/presence", 404, ""},
		{"/channels/a/b/history", 404, `{"error":{"code":"no_history","message":"the channel keeps no history; give it a rule with history"}}`},
		{"/channels/@all", 400, `{"error":{"code":"bad_channel","message":"the channel in the path: channel name starts with @; such names are internal"}}`},
		{"/channels/a%0D%0Ab", 400, ""},
		{"/channels/%FF", 400, `{"error":{"code":"bad_channel","message":"the channel in the path: channel name is not valid UTF-8"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) { s.want(tt.status, tt.body, "GET", Prefix+tt.path, "") })
	}
}

func TestQuery(t *testing.T) {
	s := start(t, nil)
	tests := []struct{ path, want string }{
		{"/channels?limit=0", `query parameter \"limit\" is \"0\"; allowed are 1 to 1000`},
		{"/channels?limit=1001", `allowed are 1 to 1000`},
		{"/channels?limit=", `query parameter \"limit\" is \"\"; allowed are 1 to 1000`},
		{"/channels?limit=ten", `allowed are 1 to 1000`},
		{"/channels?limit=1&limit=2", `query parameter \"limit\" is given 2 times; give it once`},
		{"/channels?limt=5", `unknown query parameter \"limt\"; known are after, limit`},
		{"/stats?x=1", `unknown query parameter \"x\"; this call takes none`},
		{"/clients?after=%0D%0A", `query parameter \"after\" contains the control character U+000D; remove it`},
		{"/clients?after=%FF", `query parameter \"after\" is not valid UTF-8`},
		{"/clients?after=%zz", `the query is malformed`},
		{"/clients?a;b", `the query is malformed`},
		{"/groups/g/users?limit=-1", `allowed are 1 to 1000`},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if a := s.want(400, "", "GET", Prefix+tt.path, ""); !strings.Contains(a.body, tt.want) {
				t.Errorf("got %s, want %s", a.body, tt.want)
			}
		})
	}
}

func TestClientPages(t *testing.T) {
	s := start(t, nil)
	for i := range 5 {
		s.connect(fmt.Sprintf("c%d", i), "")
	}
	type list struct {
		Clients []struct {
			ID string `json:"client_id"`
		} `json:"clients"`
		Next string `json:"next"`
	}
	var ids []string
	for path := "/api/v1/clients?limit=2"; path != ""; {
		var page list
		if err := json.Unmarshal([]byte(s.want(200, "", "GET", path, "").body), &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Clients {
			ids = append(ids, c.ID)
		}
		path = ""
		if page.Next != "" {
			path = "/api/v1/clients?limit=2&after=" + page.Next
		}
	}
	if diff := cmp.Diff([]string{"c0", "c1", "c2", "c3", "c4"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestClient(t *testing.T) {
	s := start(t, nil)
	s.connect("c3", "alice").subscribe("quotes.AAPL")
	t.Run("one", func(t *testing.T) {
		a := s.want(200, "", "GET", "/api/v1/clients/c3", "")
		for _, part := range []string{
			`"client_id":"c3"`, `"user_id":"alice"`, `"channels":["quotes.AAPL"]`, `"groups":[]`, `"state":"connected"`, `"metadata":{}`,
			`"last_ping":null`, `"connected_at":"20`, `"remote_addr":"127.0.0.1:`,
		} {
			if !strings.Contains(a.body, part) {
				t.Errorf("%s lacks %s", a.body, part)
			}
		}
	})
	for _, method := range []string{"GET", "DELETE"} {
		s.want(404, `{"error":{"code":"not_found","message":"no such client on this node"}}`, method, "/api/v1/clients/nobody", "")
	}
	for _, path := range []string{"/api/v1/clients/a%20b", "/api/v1/clients/a%2Fb", "/api/v1/clients/..%2f", "/api/v1/clients/" + strings.Repeat("x", 129)} {
		s.want(400, "", "GET", path, "")
		s.want(400, "", "DELETE", path, "")
	}
}

func TestDisconnect(t *testing.T) {
	s := start(t, nil)
	tests := []struct {
		query, body string
		code        websocket.StatusCode
		reason      string
	}{
		{"", `{"success":true,"client_id":"c","code":4503,"reason":"forbidden"}`, 4503, "forbidden"},
		{"?code=4005", `{"success":true,"client_id":"c","code":4005,"reason":"draining"}`, 4005, "draining"},
		{"?code=4900&reason=bye", `{"success":true,"client_id":"c","code":4900,"reason":"bye"}`, 4900, "bye"},
		{"?code=1000&reason=%EB%81%9D", `{"success":true,"client_id":"c","code":1000,"reason":"끝"}`, 1000, "끝"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			p := s.connect("c", "")
			s.want(200, tt.body, "DELETE", "/api/v1/clients/c"+tt.query, "")
			_, _, err := p.ws.Read(p.ctx)
			if got, ok := errors.AsType[websocket.CloseError](err); !ok || got.Code != tt.code || got.Reason != tt.reason {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, query := range []string{
		"code=0", "code=999", "code=1005", "code=1006", "code=1015", "code=5000", "code=-1", "code=x", "code=", "code=70000",
		"reason=" + strings.Repeat("x", 124), "reason=a%0Ab", "reason=%FF", "force=1",
	} {
		t.Run(query, func(t *testing.T) { s.want(400, "", "DELETE", "/api/v1/clients/c?"+query, "") })
	}
}

func TestStatus(t *testing.T) {
	s := start(t, func(_ *outcry.Config, c *Config) { c.Version = "1.2.3" })
	s.connect("a1", "alice").subscribe("c")
	s.connect("a2", "alice").subscribe("c")
	type object map[string]any
	get := func(path string) object {
		var v object
		if err := json.Unmarshal([]byte(s.want(200, "", "GET", path, "").body), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	status := get("/api/v1/status")
	want := object{
		"status": "ok", "service": "websocket", "node": "n1", "version": "1.2.3",
		"active_connections": 2.0, "channels": 1.0, "users_with_connections": 1.0,
	}
	for name, v := range want {
		if status[name] != v {
			t.Errorf("/status: %s is %v, want %v", name, status[name], v)
		}
	}
	stats := get("/api/v1/stats")
	want = object{
		"total_connections": 2.0, "active_connections": 2.0, "unauthenticated": 0.0, "messages_received": 2.0,
		"errors": 0.0, "subscriptions": 2.0, "channels": 1.0, "users_with_connections": 1.0, "panics": 0.0,
	}
	for name, v := range want {
		if stats[name] != v {
			t.Errorf("/stats: %s is %v, want %v", name, stats[name], v)
		}
	}
	detailed := get("/healthz/detailed")
	if detailed["healthy"] != true || detailed["total_connections"] != 2.0 {
		t.Errorf("/healthz/detailed: got %v", detailed)
	}
}

func TestCut(t *testing.T) {
	list := []string{"a", "b", "b2", "c"}
	tests := []struct {
		after string
		limit int
		want  []string
		next  string
	}{
		{"", 10, []string{"a", "b", "b2", "c"}, ""},
		{"", 2, []string{"a", "b"}, "b"},
		{"b", 2, []string{"b2", "c"}, "c"},
		{"b1", 1, []string{"b2"}, "b2"},
		{"c", 2, []string{}, ""},
		{"z", 2, []string{}, ""},
		{"A", 1, []string{"a"}, "a"},
	}
	for _, tt := range tests {
		p := outcry.Page{After: tt.after, Limit: tt.limit}
		got := cut(list, p, itself)
		if n := next(got, p, itself); !slices.Equal(got, tt.want) || n != tt.next {
			t.Errorf("after %q limit %d: got %v and %q, want %v and %q", tt.after, tt.limit, got, n, tt.want, tt.next)
		}
	}
}
