package faults

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// want reads frames until a message of a type comes, and returns it as it came
// and as an object.
func (c *client) want(t *testing.T, kind string) (piece, map[string]any) {
	t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(callWait)); err != nil {
		t.Fatal(err)
	}
	for {
		p, err := readPiece(c.br)
		if err != nil {
			t.Fatalf("%s: awaiting %s: %v", c.id, kind, err)
		}
		list, err := p.messages()
		if err != nil {
			t.Fatalf("%s: %v", c.id, err)
		}
		for _, m := range list {
			var o map[string]any
			if err := json.Unmarshal(m, &o); err != nil {
				t.Fatalf("%s: %v in %s", c.id, err, m)
			}
			if o["type"] == kind {
				return p, o
			}
		}
	}
}

// opened connects a client of a dialect until the end of the test.
func (d dialect) opened(t *testing.T, s *server, name, token string) *client {
	t.Helper()
	c := newClient(name, 0)
	c.token = token
	d.speak(c)
	if err := c.open(t.Context(), s.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.drop)
	return c
}

// TestOneBroadcast covers case 24: clients of every dialect get the same
// object, compressed only for those who can have it so.
func TestOneBroadcast(t *testing.T) {
	const channel = "broadcast"
	s := start(t, setup{flags: []string{compressing}})
	var clients []*client
	for _, d := range dialects() {
		c := d.opened(t, s, "one", "")
		if err := c.send(subscribe(channel)); err != nil {
			t.Fatal(err)
		}
		c.want(t, "subscription_result")
		clients = append(clients, c)
	}
	for n := 1; n <= 20; n++ {
		if err := s.publish(t.Context(), channel, n, 1024); err != nil {
			t.Fatal(err)
		}
		var first map[string]any
		for i, d := range dialects() {
			p, o := clients[i].want(t, "message")
			if first == nil {
				first = o
			}
			if diff := cmp.Diff(first, o); diff != "" {
				t.Errorf("%s, message %d (-plain +got):\n%s", d.name, n, diff)
			}
			// 1 KB does not fit into a window of 512 bytes.
			if want := d.name == "deflate"; p.compressed != want {
				t.Errorf("%s, message %d: compressed: %v, want %v", d.name, n, p.compressed, want)
			}
		}
	}
}

// TestRepliesPlain covers case 24: what answers a login, holds the secret of a
// session or repeats what the client said is never compressed.
func TestRepliesPlain(t *testing.T) {
	s := start(t, setup{secret: jwtSecret, flags: []string{compressing, "--compression-min-size=1"}})
	token := tokenOf(t, "trader")
	plain := func(c *client, kind string) map[string]any {
		t.Helper()
		p, o := c.want(t, kind)
		if p.compressed {
			t.Errorf("%s came compressed", kind)
		}
		return o
	}
	d := dialects()[1]
	early := d.opened(t, s, "early", token)
	plain(early, "connection_established")
	late := d.opened(t, s, "late", "")
	plain(late, "auth_required")
	if err := late.send(text(`{"type":"auth","token":"` + token + `"}`)); err != nil {
		t.Fatal(err)
	}
	if o := plain(late, "auth_result"); o["success"] != true {
		t.Fatalf("not logged in: %v", o)
	}
	plain(late, "connection_established")
	for _, c := range []*client{early, late} {
		if err := c.send(text(`{"type":"ping","timestamp":"`+strings.Repeat("t", 1000)+`"}`), subscribe("c")); err != nil {
			t.Fatal(err)
		}
		plain(c, "pong")
		plain(c, "subscription_result")
	}
	if err := s.publish(t.Context(), "c", 1, 500); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{early, late} {
		if p, _ := c.want(t, "message"); !p.compressed {
			t.Error("a publication came uncompressed: compression is off, and the test says nothing")
		}
	}
}

// TestGuessedSecret covers case 24: the length of a frame that holds a secret
// and a guess of it is the same whether or not the guess is right, if the
// message is marked secret. The same message unmarked tells.
func TestGuessedSecret(t *testing.T) {
	const channel = "account"
	s := start(t, setup{flags: []string{compressing}})
	c := dialects()[1].opened(t, s, "guesser", "")
	if err := c.send(subscribe(channel)); err != nil {
		t.Fatal(err)
	}
	c.want(t, "subscription_result")
	random := rand.New(rand.NewPCG(1, 2))
	secret, wrong := randomText(random, 300), randomText(random, 300)
	length := func(guess string, marked bool) int {
		t.Helper()
		body := fmt.Sprintf(`{"channel":%q,"data":{"secret":%q,"guess":%q},"secret":%v}`, channel, secret, guess, marked)
		if err := s.call(t.Context(), "POST", "/api/v1/publish", body, nil); err != nil {
			t.Fatal(err)
		}
		p, _ := c.want(t, "message")
		if p.compressed && marked {
			t.Error("a message marked secret came compressed")
		}
		if marked && !bytes.Contains(p.payload, []byte(secret)) {
			t.Errorf("the secret did not come: %s", p.payload)
		}
		return len(p.payload)
	}
	if right, other := length(secret, true), length(wrong, true); right != other {
		t.Errorf("%d bytes for the right guess, %d for a wrong one", right, other)
	}
	if right, other := length(secret, false), length(wrong, false); right >= other {
		t.Errorf("unmarked: %d bytes for the right guess, %d for a wrong one: the test says nothing", right, other)
	}
}

// randomText is n random letters, which hardly compress.
func randomText(random *rand.Rand, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[random.IntN(len(letters))]
	}
	return string(b)
}
