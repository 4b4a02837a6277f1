package faults

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// TestResetHandshakes covers case 10: sockets that are reset between request
// and answer leave no place taken.
func TestResetHandshakes(t *testing.T) {
	const places = 200
	s := start(t, setup{flags: []string{"--max-connections=" + strconv.Itoa(places)}})
	w := observe(t, s, "")
	f := &fleet{clients: make([]*client, sockets)}
	for i := range f.clients {
		f.clients[i] = newClient(fmt.Sprintf("reset-%d", i), i)
	}
	f.must(t, func(c *client) error {
		if err := c.dial(t.Context(), s.address); err != nil {
			return err
		}
		defer c.drop()
		_, err := c.conn.Write(c.request())
		return err
	})
	// Had their places not come back, the first few would have taken them all.
	hit := bytes.Count(s.Logged(t), []byte(`"msg":"upgrade"`)) + s.mustStats(t).Total - w.before.Total
	if hit < places {
		t.Errorf("%d handshakes were cut short, want at least %d", hit, places)
	}
	w.settled(t)
	full := connect(t, s, "after", places-1, nil)
	full.drop()
}

// TestFull covers case 10: max_connections are admitted and not one more,
// whatever X-Forwarded-For says, and a place is free again when one leaves.
func TestFull(t *testing.T) {
	const places = 1000
	s := start(t, setup{flags: []string{"--max-connections=" + strconv.Itoa(places+1)}}) // and the control client
	w := observe(t, s, "")
	spoof := func(c *client) {
		c.header = fmt.Sprintf("X-Forwarded-For: 192.0.2.%d\r\nX-Real-Ip: 192.0.2.%d\r\n", c.index%250, c.index%250)
	}
	f := connect(t, s, "guest", places, spoof)
	if got := s.mustStats(t).Active; got != places+1 {
		t.Errorf("%d connections, want %d", got, places+1)
	}
	var info struct {
		Remote string `json:"remote_addr"`
	}
	if err := s.call(t.Context(), http.MethodGet, "/api/v1/clients/guest-7", "", &info); err != nil {
		t.Fatal(err)
	}
	if want := f.clients[7].source().IP.String() + ":"; !strings.HasPrefix(info.Remote, want) {
		t.Errorf("remote_addr %q, want it to begin with %q", info.Remote, want)
	}
	for i := range 100 {
		c := newClient("one-too-many", i)
		spoof(c)
		turnedAwayFull(t, c.open(t.Context(), s.address))
	}
	if err := f.clients[0].leave(); err != nil {
		t.Fatal(err)
	}
	newcomer := newClient("newcomer", 1)
	t.Cleanup(newcomer.drop)
	process.Eventually(t, 5*time.Second, func() error { return newcomer.open(t.Context(), s.address) })
	turnedAwayFull(t, newClient("one-too-many", 2).open(t.Context(), s.address))
	f.drop()
	newcomer.drop()
	w.settled(t)
}

// turnedAwayFull checks that a handshake was refused since the node is full.
func turnedAwayFull(t *testing.T, err error) {
	t.Helper()
	a, ok := errors.AsType[*refusalError](err)
	switch {
	case !ok:
		t.Fatalf("a handshake beyond max_connections: %v", err)
	case a.status != http.StatusServiceUnavailable, !strings.HasPrefix(a.body, `{"error":{"code":"too_many_connections"`),
		a.header.Get("Content-Type") != "application/json", a.header.Get("Retry-After") == "":
		t.Errorf("refused with %d, %v: %s", a.status, a.header, a.body)
	}
}
