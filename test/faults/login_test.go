package faults

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// jwtSecret signs the tokens of the tests.
const jwtSecret = "secret-canary-of-the-fault-tests-0001"

// tokenOf makes a token for a user.
func tokenOf(t *testing.T, user string) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": user, "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(jwtSecret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestSilentLogins covers case 8: sockets that do not log in are few at a
// time, may send little, and are closed with 4000, while those who have logged
// in or do so notice nothing.
func TestSilentLogins(t *testing.T) {
	const most = 500
	s := start(t, setup{secret: jwtSecret, flags: []string{"--auth-timeout=8s", "--max-unauthenticated=" + strconv.Itoa(most)}})
	token, late := tokenOf(t, "trader"), tokenOf(t, "late")
	forged := strings.TrimRight(token, "=") + "x"
	w := observe(t, s, token, token, late, forged, jwtSecret)
	began := time.Now()
	f := connect(t, s, "silent", most, nil)
	if got := s.mustStats(t).Unauthenticated; got != most {
		t.Errorf("%d unauthenticated, want %d", got, most)
	}
	turnedAwayFull(t, newClient("one-too-many", 1).open(t.Context(), s.address))
	known := newClient("known", 2)
	known.token = token
	admitted(t, s, known)
	admitted(t, s, newClient("known-by-query?token="+token, 2))
	liar := newClient("liar", 3)
	liar.token = forged
	if a, ok := errors.AsType[*refusalError](liar.open(t.Context(), s.address)); !ok || a.status != http.StatusUnauthorized {
		t.Errorf("a forged token: %v", a)
	}
	// One of the silent speaks after all, one speaks too much, one lies.
	f.must(t, func(c *client) error {
		switch c.index {
		case 0:
			return c.send(text(`{"type":"auth","token":"`+late+`"}`), subscribe("x"))
		case 1:
			return c.send(text(`{"type":"auth","token":"` + strings.Repeat("y", 9<<10) + `"}`))
		case 2:
			return c.send(text(`{"type":"auth","token":"` + forged + `"}`))
		}
		return nil
	})
	(&fleet{clients: f.clients[:1]}).reach(t, 15*time.Second, view{live: true, replies: 1})
	silent := &fleet{clients: f.clients[1:]}
	silent.reach(t, 30*time.Second, view{ended: true})
	for i, c := range f.clients {
		want, soonest := 4000, 8*time.Second
		switch i {
		case 0:
			continue
		case 1:
			want, soonest = 1009, 0
		case 2:
			want, soonest = 4501, 0
		}
		if v := c.view(); v.code != want || v.at.Sub(began) < soonest {
			t.Fatalf("%s was closed with %d after %v, want %d after %v", c.id, v.code, v.at.Sub(began), want, soonest)
		}
	}
	f.faultless(t)
	f.drop()
	w.settled(t)
}

// admitted connects a client that has a token, and drops it.
func admitted(t *testing.T, s *server, c *client) {
	t.Helper()
	if err := c.open(t.Context(), s.address); err != nil {
		t.Errorf("a client with a token: %v", err)
	}
	c.drop()
}

// TestEarlyFrames covers case 9: what a client sends in the same segment as
// its request is served, in order.
func TestEarlyFrames(t *testing.T) {
	const crowd = 1000
	s := start(t, setup{})
	w := observe(t, s, "")
	f := &fleet{clients: make([]*client, crowd)}
	for i := range f.clients {
		f.clients[i] = newClient(fmt.Sprintf("early-%d", i), i)
	}
	t.Cleanup(f.drop)
	further := append(subscribe("early"), append(unsubscribe("early"), subscribe("early")...)...)
	f.must(t, func(c *client) error {
		if err := c.open(t.Context(), s.address, further...); err != nil {
			return err
		}
		f.readers.Go(c.listen)
		return nil
	})
	f.reach(t, 20*time.Second, view{live: true, replies: 3})
	if err := s.publish(t.Context(), "early", 1, 100); err != nil {
		t.Fatal(err)
	}
	f.reach(t, 20*time.Second, view{live: true, replies: 3, last: 1})
	f.faultless(t)
	f.drop()
	w.settled(t)
}
