package httpapi

import (
	"strings"
	"testing"

	"github.com/outcry-dev/outcry"
)

func TestSubscribe(t *testing.T) {
	s := start(t, func(n *outcry.Config, _ *Config) { n.Limits.MaxChannels = 4 })
	a1, _, bob := s.connect("a1", "alice"), s.connect("a2", "alice"), s.connect("b1", "bob")
	steps := []struct {
		name, path, body string
		status           int
		want             string
	}{
		{
			"client", "/subscribe", `{"client_id":"a1","channel":"c"}`, 200,
			`{"success":true,"client_id":"a1","results":[{"channel":"c","success":true,"connections":1}],"scope":"node"}`,
		},
		{
			"client again", "/subscribe", `{"client_id":"a1","channel":"c"}`, 200,
			`{"success":true,"client_id":"a1","results":[{"channel":"c","success":true,"connections":1}],"scope":"node"}`,
		},
		{
			"user", "/subscribe", `{"user_id":"alice","channels":["c","d/e"]}`, 200,
			`{"success":true,"user_id":"alice","results":[{"channel":"c","success":true,"connections":2},{"channel":"d/e","success":true,"connections":2}],"scope":"node"}`,
		},
		{
			"user who is not here", "/subscribe", `{"user_id":"nobody","channel":"c"}`, 200,
			`{"success":true,"user_id":"nobody","results":[{"channel":"c","success":true,"connections":0}],"scope":"node"}`,
		},
		{"unknown client", "/subscribe", `{"client_id":"nobody","channels":["c"]}`, 404, `{"error":{"code":"not_found","message":"no such client on this node"}}`},
		{"bad channel", "/subscribe", `{"client_id":"a1","channel":"@all"}`, 400, ""},
		{
			"unsubscribe", "/unsubscribe", `{"user_id":"alice","channel":"d/e"}`, 200,
			`{"success":true,"user_id":"alice","results":[{"channel":"d/e","success":true,"connections":2}],"scope":"node"}`,
		},
		{"unsubscribe unknown client", "/unsubscribe", `{"client_id":"nobody","channel":"c"}`, 404, ""},
	}
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) { s.want(tt.status, tt.want, "POST", Prefix+tt.path, tt.body) })
	}
	s.want(200, `{"channel":"c","subscriber_count":2,"subscribers":["a1","a2"]}`, "GET", "/api/v1/channels/c", "")
	s.want(200, `{"channel":"d/e","subscriber_count":0,"subscribers":[]}`, "GET", "/api/v1/channels/d/e", "")
	s.want(200, "", "POST", "/api/v1/publish", `{"channel":"c","data":"hello"}`)
	for !strings.Contains(a1.read(), `"hello"`) { // results of the subscriptions come first
	}
	for _, c := range []string{"1", "2", "3", "4"} {
		bob.subscribe(c)
	}
	t.Run("no room", func(t *testing.T) {
		a := s.want(409, "", "POST", "/api/v1/subscribe", `{"client_id":"b1","channel":"c"}`)
		if a.code() != "too_many_channels" {
			t.Errorf("got %s", a.body)
		}
		a = s.want(200, "", "POST", "/api/v1/subscribe", `{"client_id":"b1","channels":["4","c"]}`)
		if !strings.Contains(a.body, `{"channel":"4","success":true,"connections":1}`) || !strings.Contains(a.body, `"too_many_channels"`) || !strings.Contains(a.body, `{"success":false,`) {
			t.Errorf("got %s", a.body)
		}
	})
}

func TestGroups(t *testing.T) {
	s := start(t, nil)
	const group = "/api/v1/groups/desk%2F1/users"
	steps := []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", group, 200, `{"group":"desk/1","users":[],"count":0}`},
		{"PUT", group + "/bob", 200, `{"success":true,"group":"desk/1","user_id":"bob"}`},
		{"PUT", group + "/bob", 200, `{"success":true,"group":"desk/1","user_id":"bob"}`},
		{"PUT", group + "/a%2Fb%20c", 200, `{"success":true,"group":"desk/1","user_id":"a/b c"}`},
		{"GET", group, 200, `{"group":"desk/1","users":["a/b c","bob"],"count":2}`},
		{"GET", group + "?limit=1", 200, `{"group":"desk/1","users":["a/b c"],"count":2,"next":"a/b c"}`},
		{"GET", group + "?after=a%2Fb%20c", 200, `{"group":"desk/1","users":["bob"],"count":2}`},
		{"GET", group + "/bob", 200, `{"group":"desk/1","user_id":"bob","member":true}`},
		{"GET", group + "/alice", 404, `{"error":{"code":"not_found","message":"the user is not in the group, as far as this node knows"}}`},
		{"DELETE", group + "/bob", 200, `{"success":true,"group":"desk/1","user_id":"bob"}`},
		{"DELETE", group + "/bob", 200, `{"success":true,"group":"desk/1","user_id":"bob"}`},
		{"GET", group + "/bob", 404, ""},
		{"PUT", group + "/a%0D%0Ab", 400, `{"error":{"code":"bad_request","message":"the user in the path contains the control character U+000D; remove it"}}`},
		{"PUT", group + "/%FF", 400, `{"error":{"code":"bad_request","message":"the user in the path is not valid UTF-8"}}`},
		{"PUT", "/api/v1/groups/%00/users/bob", 400, ""},
		{"GET", "/api/v1/groups/%00/users", 400, ""},
		{"PUT", "/api/v1/groups/a%20b/users/bob", 400, ""},
	}
	for _, tt := range steps {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) { s.want(tt.status, tt.want, tt.method, tt.path, "") })
	}
}
