package outcry

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/protocol"
)

// get is the request line of most handshakes.
const get = "GET /ws HTTP/1.1"

// handshake is a request that begins with line, else a valid handshake. An
// edit adds a header, or removes all of one name: "-Name".
func handshake(line string, edits ...string) string {
	lines := []string{
		line, "Host: node.test", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}
	for _, e := range edits {
		if name, ok := strings.CutPrefix(e, "-"); ok {
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		} else {
			lines = append(lines, e)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// answer is what a node says to a handshake.
type answer struct {
	status int
	header http.Header
	body   string
	closes bool          // "Connection: close"
	rest   func() string // what the server sends after it, up to the end of the connection
}

// knock sends bytes over a connection of its own and reads one answer. The
// connection ends with the test, unless rest has waited for its end.
func (r *rig) knock(request string) answer {
	r.t.Helper()
	nc, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, request); err != nil {
		r.t.Fatalf("write: %v", err)
	}
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		r.t.Fatalf("answer: %v", err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header, closes: resp.Close}
	if a.status != http.StatusSwitchingProtocols {
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			r.t.Fatalf("body: %v", err)
		}
		a.body = string(b)
	}
	a.rest = func() string {
		b, err := io.ReadAll(br)
		if err != nil {
			r.t.Fatalf("connection does not end: %v", err)
		}
		return string(b)
	}
	return a
}

// wantRefusal checks that an answer is the error code in JSON, with its status
// and everything that belongs to a refusal.
func wantRefusal(t *testing.T, a answer, code protocol.Code) (message string) {
	t.Helper()
	var b struct {
		Error struct {
			Code    protocol.Code `json:"code"`
			Message string        `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(a.body), &b, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("status %d, body %q: %v", a.status, a.body, err)
	}
	if b.Error.Code != code || a.status != code.HTTPStatus() || b.Error.Message == "" {
		t.Fatalf("status %d, body %s; want %d %s", a.status, a.body, code.HTTPStatus(), code)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !a.closes || len(a.body) > 512 {
		t.Errorf("connection closes: %t, a body of %d bytes", a.closes, len(a.body))
	}
	return b.Error.Message
}

// info waits until a client is connected, and describes it.
func (r *rig) info(clientID string) (info ClientInfo) {
	r.t.Helper()
	eventually(r.t, clientID+" is connected", func() (ok bool) {
		var err error
		info, err = r.Client(context.Background(), clientID)
		return err == nil && info.State == StateConnected
	})
	return info
}

// wantNobody checks that a node has never admitted anybody and holds no place.
func wantNobody(t *testing.T, r *rig) {
	t.Helper()
	s, err := r.Stats(context.Background())
	if err != nil || s.TotalConnections != 0 || s.ActiveConnections != 0 || s.Unauthenticated != 0 || len(r.ids.ids()) != 0 {
		t.Errorf("stats %+v, %v, ids %v: want nobody", s, err, r.ids.ids())
	}
}

func TestRefusedHandshake(t *testing.T) {
	const nonce = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	tests := map[string]struct {
		request string
		code    protocol.Code
		header  string // "Name: value" that the answer has
	}{
		"case 1 no Upgrade":           {handshake(get, "-Upgrade"), protocol.CodeUpgradeRequired, "Upgrade: websocket"},
		"case 1 other Upgrade":        {handshake(get, "-Upgrade", "Upgrade: h2c"), protocol.CodeUpgradeRequired, "Upgrade: websocket"},
		"case 1 no Connection":        {handshake(get, "-Connection"), protocol.CodeUpgradeRequired, ""},
		"case 1 other Connection":     {handshake(get, "-Connection", "Connection: keep-alive"), protocol.CodeUpgradeRequired, ""},
		"case 1 plain request":        {"GET /ws HTTP/1.1\r\nHost: node.test\r\n\r\n", protocol.CodeUpgradeRequired, "Sec-WebSocket-Version: 13"},
		"case 1 HTTP/1.0":             {handshake("GET /ws HTTP/1.0"), protocol.CodeUpgradeRequired, ""},
		"case 1 POST":                 {handshake("POST /ws HTTP/1.1", "Content-Length: 0"), protocol.CodeMethodNotAllowed, "Allow: GET"},
		"case 1 DELETE":               {handshake("DELETE /ws/alice HTTP/1.1"), protocol.CodeMethodNotAllowed, "Allow: GET"},
		"case 2 version 8":            {handshake(get, "-Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), protocol.CodeUpgradeRequired, "Sec-WebSocket-Version: 13"},
		"case 2 no version":           {handshake(get, "-Sec-WebSocket-Version"), protocol.CodeUpgradeRequired, "Sec-WebSocket-Version: 13"},
		"case 2 two versions":         {handshake(get, "Sec-WebSocket-Version: 8"), protocol.CodeUpgradeRequired, "Sec-WebSocket-Version: 13"},
		"case 2 no key":               {handshake(get, "-Sec-WebSocket-Key"), protocol.CodeBadRequest, ""},
		"case 2 doubled key":          {handshake(get, nonce), protocol.CodeBadRequest, ""},
		"case 2 key of 15 bytes":      {handshake(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"), protocol.CodeBadRequest, ""},
		"case 2 key of 17 bytes":      {handshake(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU="), protocol.CodeBadRequest, ""},
		"case 2 key without padding":  {handshake(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"), protocol.CodeBadRequest, ""},
		"case 2 key not in base64":    {handshake(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), protocol.CodeBadRequest, ""},
		"empty Host":                  {handshake(get, "-Host", "Host: "), protocol.CodeBadRequest, ""},
		"case 11 a body":              {handshake(get, "Content-Length: 2") + "hi", protocol.CodeBadRequest, ""},
		"case 11 a chunked body":      {handshake(get, "Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n\r\n", protocol.CodeBadRequest, ""},
		"case 5 2000 headers":         {handshake(get, strings.Split(strings.TrimSpace(strings.Repeat("X: y\n", 2000)), "\n")...), protocol.CodeBadRequest, ""},
		"case 5 spaces in Protocol":   {handshake(get, "Sec-WebSocket-Protocol: "+strings.Repeat(" ", 100<<10)), protocol.CodeBadRequest, ""},
		"case 5 quote in Protocol":    {handshake(get, `Sec-WebSocket-Protocol: "outcry.v1.json`), protocol.CodeBadRequest, ""},
		"case 5 Protocol not ASCII":   {handshake(get, "Sec-WebSocket-Protocol: outcry.v1.jsön"), protocol.CodeBadRequest, ""},
		"case 5 quote in Extensions":  {handshake(get, `Sec-WebSocket-Extensions: permessage-deflate; a="b`), protocol.CodeBadRequest, ""},
		"case 5 Extensions not ASCII": {handshake(get, "Sec-WebSocket-Extensions: permessage-déflate"), protocol.CodeBadRequest, ""},
		"case 40 star":                {handshake("GET /ws/* HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 dots and slash":      {handshake("GET /ws/..%2f HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 line break":          {handshake("GET /ws/a%0d%0aX:%20y HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 NUL":                 {handshake("GET /ws/a%00 HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 right to left":       {handshake("GET /ws/%E2%80%AEevil HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 129 bytes":           {handshake("GET /ws/" + strings.Repeat("a", 129) + " HTTP/1.1"), protocol.CodeBadRequest, ""},
		"case 40 300 KB":              {handshake("GET /ws/" + strings.Repeat("a", 300<<10) + " HTTP/1.1"), protocol.CodeBadRequest, ""},
	}
	r := start(t, open())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(tt.request)
			wantRefusal(t, a, tt.code)
			if name, value, _ := strings.Cut(tt.header, ": "); value != "" && a.header.Get(name) != value {
				t.Errorf("%s: %q, want %q", name, a.header.Get(name), value)
			}
			if rest := a.rest(); rest != "" {
				t.Errorf("after the answer: %q", rest)
			}
		})
	}
	wantNobody(t, r)
	for line := range strings.Lines(r.logs.String()) { // case 40
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("log line %q", line)
		}
	}
}

func TestAcceptedHandshake(t *testing.T) {
	tests := map[string]string{
		"plain":                       handshake(get),
		"token lists":                 handshake(get, "-Connection", "Connection: keep-alive, Upgrade"),
		"upper case":                  handshake(get, "-Upgrade", "Upgrade: WebSocket", "-Connection", "Connection: UPGRADE"),
		"Connection in two headers":   handshake(get, "-Connection", "Connection: keep-alive", "Connection: Upgrade"),
		"Upgrade in two headers":      handshake(get, "-Upgrade", "Upgrade: h2c", "Upgrade: websocket"),
		"case 5 constructor":          handshake(get, "Sec-WebSocket-Protocol: constructor", "Sec-WebSocket-Extensions: constructor"),
		"case 5 spaces between":       handshake(get, "Sec-WebSocket-Protocol: a,"+strings.Repeat(" ", 100<<10)+"b"),
		"case 6 deflate":              handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
		"case 6 bits 7":               handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"),
		"case 6 bits 16":              handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16"),
		"case 6 bits -1":              handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=-1"),
		"case 6 bits 10^20":           handshake(get, `Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits="100000000000000000000"`),
		"case 6 duplicate parameter":  handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9; client_max_window_bits=10"),
		"case 6 unknown parameter":    handshake(get, "Sec-WebSocket-Extensions: permessage-deflate; make_me_a_sandwich"),
		"case 6 200 offers":           handshake(get, "Sec-WebSocket-Extensions: "+strings.Repeat("permessage-deflate; client_max_window_bits=7, ", 199)+"permessage-deflate"),
		"empty Extensions":            handshake(get, "Sec-WebSocket-Extensions: "),
		"case 3 no Origin":            handshake(get, "Cookie: session=1"),
		"Authorization in lower case": handshake(get, "authorization: bearer t"),
	}
	cfg := open()
	cfg.Access.Authenticator = authFunc(func(context.Context, string) (Identity, error) { return Identity{UserID: "u"}, nil })
	r := start(t, cfg)
	for name, request := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(request)
			if a.status != http.StatusSwitchingProtocols {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for _, absent := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
				if v := a.header.Get(absent); v != "" {
					t.Errorf("%s: %s was not asked for or cannot be served", absent, v)
				}
			}
			if got := a.header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455 section 1.3
				t.Errorf("Sec-WebSocket-Accept: %s", got)
			}
		})
	}
}

// Case 3: origins are settled before anybody is authenticated.
func TestOrigin(t *testing.T) {
	tests := map[string]struct {
		origins []string
		ok      bool
	}{
		"exact":            {[]string{"https://app.x.com"}, true},
		"exact, case":      {[]string{"HTTPS://App.X.com"}, true},
		"exact, with port": {[]string{"http://localhost:3000"}, true},
		"none":             {nil, true},
		"suffix":           {[]string{"https://app.x.com.evil.io"}, false},
		"prefix":           {[]string{"https://evilapp.x.com"}, false},
		"subdomain":        {[]string{"https://a.app.x.com"}, false},
		"other scheme":     {[]string{"http://app.x.com"}, false},
		"other port":       {[]string{"https://app.x.com:8443"}, false},
		"null":             {[]string{"null"}, false},
		"empty":            {[]string{""}, false},
		"two headers":      {[]string{"https://app.x.com", "https://app.x.com"}, false},
		"a list":           {[]string{"https://app.x.com, https://evil.io"}, false},
		"trailing dot":     {[]string{"https://app.x.com."}, false},
		"user":             {[]string{"https://app.x.com@evil.io"}, false},
		"path":             {[]string{"https://app.x.com/"}, false},
		"equal to host":    {[]string{"http://node.test"}, false},
	}
	asked := 0
	cfg := Config{Access: Access{
		AllowedOrigins: []string{"https://app.x.com", "http://localhost:3000"},
		Authenticator: authFunc(func(context.Context, string) (Identity, error) {
			asked++
			return Identity{UserID: "u"}, nil
		}),
	}}
	r := start(t, cfg)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t, asked = t, 0
			edits := []string{"Authorization: Bearer t"}
			for _, o := range tt.origins {
				edits = append(edits, "Origin: "+o)
			}
			a := r.knock(handshake(get, edits...))
			if !tt.ok {
				wantRefusal(t, a, protocol.CodeBadOrigin)
			}
			if tt.ok != (a.status == http.StatusSwitchingProtocols) || tt.ok != (asked == 1) {
				t.Errorf("status %d, authenticated %d times, want ok = %t", a.status, asked, tt.ok)
			}
		})
	}
	t.Run("every origin is allowed, but one at a time", func(t *testing.T) {
		r := start(t, open())
		if a := r.knock(handshake(get, "Origin: null")); a.status != http.StatusSwitchingProtocols {
			t.Errorf("one: %d", a.status)
		}
		wantRefusal(t, r.knock(handshake(get, "Origin: http://a", "Origin: http://b")), protocol.CodeBadOrigin)
	})
}

// Case 4: a page whose name was rebound to our address has an Origin that
// equals its Host.
func TestHost(t *testing.T) {
	tests := map[string]struct {
		host string
		ok   bool
	}{
		"exact":        {"node.test", true},
		"with port":    {"node.test:8000", true},
		"case":         {"NODE.Test", true},
		"IPv4":         {"127.0.0.1:8000", true},
		"IPv6":         {"[::1]:8000", true},
		"IPv6 bare":    {"[::1]", true},
		"rebound":      {"evil.io", false},
		"suffix":       {"node.test.evil.io", false},
		"trailing dot": {"node.test.", false},
		"other IPv6":   {"[::2]", false},
	}
	cfg := open()
	cfg.Access.AllowedHosts = []string{"node.test", "127.0.0.1", "::1"}
	r := start(t, cfg)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(handshake(get, "-Host", "Host: "+tt.host, "Origin: http://"+tt.host))
			if tt.ok && a.status != http.StatusSwitchingProtocols {
				t.Errorf("%d %s", a.status, a.body)
			}
			if !tt.ok {
				wantRefusal(t, a, protocol.CodeBadHost)
			}
		})
	}
}

// Case 11: what follows a refused upgrade on the connection is not served.
func TestNoSmuggling(t *testing.T) {
	second := handshake("GET /ws/smuggled HTTP/1.1")
	r := start(t, open())
	for name, first := range map[string]string{
		"behind a refusal":      handshake(get, "-Sec-WebSocket-Key"),
		"behind a plain GET":    "GET /ws HTTP/1.1\r\nHost: node.test\r\nConnection: keep-alive\r\n\r\n",
		"as the body of a POST": handshake("POST /ws HTTP/1.1", "Content-Length: 0"),
		"as a chunked body":     handshake("POST /ws HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(first + second)
			if a.status < 400 || !a.closes {
				t.Fatalf("%d, connection closes: %t", a.status, a.closes)
			}
			if rest := a.rest(); rest != "" {
				t.Fatalf("the second request was answered: %q", rest)
			}
		})
	}
	wantNobody(t, r)
}

func TestClientID(t *testing.T) {
	made := regexp.MustCompile(`^ws_[0-9a-f]{8}_[0-9]+$`)
	longest := strings.Repeat("a", protocol.MaxNameLength)
	for path, want := range map[string]string{
		"/ws": "", "/ws/": "", "/": "", "/desk/ws": "", "/news/alice": "", "/ws/alice": "alice", "/a/b/ws/alice": "alice",
		"/live/ws/a.b_c:d@e-1": "a.b_c:d@e-1", "/ws/ws": "ws", "/ws/" + longest: longest, "/ws/%41": "A",
	} {
		id, chosen, err := clientID(httptest.NewRequest(http.MethodGet, path, nil))
		if err != nil || chosen != (want != "") || want != "" && id != want || want == "" && !made.MatchString(id) {
			t.Errorf("%s: %q, chosen %t, %v", path, id, chosen, err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/ws/path", nil)
	r.SetPathValue("client_id", "value")
	if id, _, err := clientID(r); id != "value" || err != nil {
		t.Errorf("with a path value: %q, %v", id, err)
	}
}

// A node can be mounted anywhere, also under a pattern of http.ServeMux.
func TestMounted(t *testing.T) {
	r := start(t, open())
	mux := http.NewServeMux()
	mux.Handle("/ws/", r.Node)
	mux.Handle("/desk/live/ws/", http.StripPrefix("/desk", r.Node))
	mux.Handle("/clients/{client_id}/socket", r.Node)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	r.dial = func() (net.Conn, error) { return net.Dial("tcp", srv.Listener.Addr().String()) }
	for path, want := range map[string]string{"/ws/a": "a", "/desk/live/ws/b": "b", "/clients/c/socket": "c"} {
		c := r.connect(path)
		if c.id != want {
			t.Errorf("%s: client id %q", path, c.id)
		}
		c.send(`{"type":"ping"}`)
		c.want("pong")
	}
}

func TestSubprotocol(t *testing.T) {
	cfg := Config{Access: Access{Authenticator: authFunc(func(_ context.Context, token string) (Identity, error) {
		return Identity{UserID: token}, nil
	})}}
	r := start(t, cfg)
	tests := map[string]struct {
		offer  []string
		chosen string
		user   string
	}{
		"encoding alone":     {[]string{"Sec-WebSocket-Protocol: outcry.v1.json"}, "outcry.v1.json", ""},
		"encoding and token": {[]string{"Sec-WebSocket-Protocol: outcry.v1.json, bearer.T"}, "outcry.v1.json", "T"},
		"token first":        {[]string{"Sec-WebSocket-Protocol: bearer.T, outcry.v1.json"}, "outcry.v1.json", "T"},
		"two headers":        {[]string{"Sec-WebSocket-Protocol: bearer.T", "Sec-WebSocket-Protocol: outcry.v1.json"}, "outcry.v1.json", "T"},
		"token alone":        {[]string{"Sec-WebSocket-Protocol: bearer.T"}, "", "T"},
		"unknown":            {[]string{"Sec-WebSocket-Protocol: outcry.v9.json, bearer.T"}, "", "T"},
		"two tokens":         {[]string{"Sec-WebSocket-Protocol: outcry.v1.json, bearer.T, bearer.U"}, "outcry.v1.json", "T"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.t = t
			a := r.knock(handshake("GET /ws/"+strings.ReplaceAll(name, " ", "-")+" HTTP/1.1", tt.offer...))
			if a.status != http.StatusSwitchingProtocols || a.header.Get("Sec-WebSocket-Protocol") != tt.chosen {
				t.Fatalf("%d, Sec-WebSocket-Protocol %q, want %q", a.status, a.header.Get("Sec-WebSocket-Protocol"), tt.chosen)
			}
			if tt.user == "" {
				return
			}
			if info := r.info(strings.ReplaceAll(name, " ", "-")); info.UserID != tt.user {
				t.Fatalf("user %q, want %q", info.UserID, tt.user)
			}
		})
	}
}

// Case 10: X-Forwarded-For is believed from listed proxies only, and only as
// far as they vouch for it.
func TestRemoteAddr(t *testing.T) {
	cfg := open()
	cfg.Access.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                {"192.0.2.7:99", nil, "192.0.2.7:99"},
		"spoofed":                 {"192.0.2.7:99", []string{"1.1.1.1"}, "192.0.2.7:99"},
		"trusted":                 {"10.0.0.1:99", []string{"192.0.2.7"}, "192.0.2.7"},
		"trusted, nothing said":   {"10.0.0.1:99", nil, "10.0.0.1:99"},
		"spoofed before a proxy":  {"10.0.0.1:99", []string{"1.1.1.1, 192.0.2.7"}, "192.0.2.7"},
		"two proxies":             {"10.0.0.1:99", []string{"1.1.1.1, 192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		"two headers":             {"10.0.0.1:99", []string{"1.1.1.1", "192.0.2.7", "10.0.0.2"}, "192.0.2.7"},
		"all of them trusted":     {"10.0.0.1:99", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"garbage":                 {"10.0.0.1:99", []string{"<script>"}, "10.0.0.1:99"},
		"garbage behind a proxy":  {"10.0.0.1:99", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		"IPv6":                    {"[fd00::1]:99", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv4 in IPv6":            {"[::ffff:10.0.0.1]:99", []string{"192.0.2.7"}, "192.0.2.7"},
		"zone":                    {"10.0.0.1:99", []string{"fe80::1%\x1b[2J"}, "fe80::1"},
		"no address (a unix one)": {"@", []string{"1.1.1.1"}, "@"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/ws", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			if got := n.remoteAddr(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A tab is white space in a header, too.
func TestHeaderTabs(t *testing.T) {
	r := start(t, open())
	r.connect("/ws", "Sec-WebSocket-Extensions", "permessage-deflate;\tclient_max_window_bits\t,\tx-other")
	r.connect("/ws", "Sec-WebSocket-Protocol", "other,\tanother")
}
