package outcry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// Lists are sorted, begin behind After and hold at most Limit entries, whatever
// Loop the clients are on; following the pages finds everything once.
func TestPages(t *testing.T) {
	const clients = 7
	cfg := secured()
	cfg.Loops = 3
	r := start(t, cfg)
	ctx := t.Context()
	for i := range clients {
		c := r.connect(fmt.Sprintf("/ws/c%d?token=u%d", i, i/2))
		c.subscribe(fmt.Sprintf("ch.%d", i/3))
		c.subscribe("all")
		c.subscribe("ch.*")
	}
	lists := map[string]struct {
		list func(p Page) ([]string, error)
		want []string
	}{
		"Clients": {func(p Page) ([]string, error) {
			return namesOf(func(c ClientInfo) string { return c.ID })(r.Clients(ctx, p))
		}, []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6"}},
		"Channels": {func(p Page) ([]string, error) {
			return namesOf(func(c ChannelInfo) string { return fmt.Sprint(c.Name, " ", c.Subscribers) })(r.Channels(ctx, p))
		}, []string{"all 7", "ch.* 7", "ch.0 3", "ch.1 3", "ch.2 1"}},
		"Users": {func(p Page) ([]string, error) {
			return namesOf(func(u UserInfo) string { return fmt.Sprint(u.ID, " ", u.Connections) })(r.Users(ctx, p))
		}, []string{"u0 2", "u1 2", "u2 2", "u3 1"}},
	}
	for name, tt := range lists {
		t.Run(name, func(t *testing.T) {
			for limit := 0; limit <= len(tt.want)+1; limit++ {
				var got []string
				after := ""
				for {
					page, err := tt.list(Page{After: after, Limit: limit})
					if err != nil || limit > 0 && len(page) > limit {
						t.Fatalf("limit %d after %q: %q, %v", limit, after, page, err)
					}
					got = append(got, page...)
					if len(page) == 0 || limit == 0 {
						break
					}
					_, _ = fmt.Sscan(page[len(page)-1], &after)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("limit %d (-want +got):\n%s", limit, diff)
				}
			}
			if page, err := tt.list(Page{After: "zzz", Limit: -5}); err != nil || len(page) != 0 {
				t.Errorf("behind the end: %q, %v", page, err)
			}
		})
	}
	if (Page{}).limit() != 100 || (Page{Limit: 5000}).limit() != 1000 {
		t.Error("limits of a page")
	}
}

// namesOf lists the names of the items of a list.
func namesOf[T any](name func(T) string) func([]T, error) ([]string, error) {
	return func(items []T, err error) ([]string, error) {
		var out []string
		for _, i := range items {
			out = append(out, name(i))
		}
		return out, err
	}
}

// Internal channels are nobody's business; a channel without subscribers is
// described all the same.
func TestChannelInfo(t *testing.T) {
	cfg := secured()
	cfg.Loops = 2
	r := start(t, cfg)
	for _, id := range []string{"b", "a", "c"} {
		r.connect("/ws/" + id + "?token=u/g").subscribe("x")
	}
	got, err := r.Channel(t.Context(), "x")
	if want := (ChannelInfo{Name: "x", Subscribers: 3, ClientIDs: []string{"a", "b", "c"}}); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	got, err = r.Channel(t.Context(), "empty")
	if err != nil || got.Name != "empty" || got.Subscribers != 0 || len(got.ClientIDs) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	list, err := r.Channels(t.Context(), Page{})
	if want := []ChannelInfo{{Name: "x", Subscribers: 3}}; err != nil || !cmp.Equal(list, want) {
		t.Errorf("%+v, %v; want %+v", list, err, want)
	}
}

// What is told of a client, to a tenth of a second.
func TestClientInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := calm()
		cfg.Access = Access{Authenticator: authFunc(func(context.Context, string) (Identity, error) {
			return Identity{UserID: "u", Groups: []string{"h", "g"}, Channels: []string{"z"}, Metadata: json.RawMessage(`{"desk":7}`)}, nil
		})}
		r := startPipe(t, cfg)
		defer r.stop()
		began := time.Now()
		time.Sleep(time.Second)
		c := r.connect("/ws/c?token=t")
		c.want("subscription_result")
		c.subscribe("y")
		c.subscribe("x.*")
		at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
		want := ClientInfo{
			ID: "c", UserID: "u", Channels: []string{"x.*", "y", "z"}, Groups: []string{"g", "h"}, State: StateConnected,
			ConnectedAt: at(1), Metadata: json.RawMessage(`{"desk":7}`), RemoteAddr: "pipe",
		}
		check := func() {
			t.Helper()
			got, err := r.Client(t.Context(), "c")
			near := cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < 200*time.Millisecond })
			if diff := cmp.Diff(want, got, near); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		}
		check()
		time.Sleep(9 * time.Second)
		c.pong()
		want.LastPing = at(10)
		check()
		time.Sleep(10 * time.Second)
		c.frame(ws.OpPing, nil)
		_, _, _ = c.next()
		want.LastPing = at(20)
		check()
		time.Sleep(10 * time.Second)
		c.send(`{"type":"pong"}`)
		synctest.Wait()
		want.LastPong = at(30)
		check()
		time.Sleep(10 * time.Second)
		c.frame(ws.OpPong, nil)
		c.send(`{"type":"unsubscribe","channel":"x.*"}`)
		c.want("unsubscription_result")
		want.LastPong, want.Channels = at(40), []string{"y", "z"}
		check()
		c.conn.Close()
		synctest.Wait()
		if _, err := r.Client(t.Context(), "c"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a client that has left: %v", err)
		}
		for s, name := range []string{"connecting", "connected", "disconnecting", "disconnected", "unknown"} {
			if got := State(s).String(); got != name {
				t.Errorf("state %d is %q", s, got)
			}
		}
	})
}
