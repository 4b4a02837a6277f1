package outcry

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// reaches checks how many connections of a group a message is placed with.
func (r *rig) reaches(t *testing.T, group string, want int) {
	t.Helper()
	if rec, err := r.SendToGroup(t.Context(), group, json.RawMessage(`{"type":"g"}`)); err != nil || rec.Sent != want {
		t.Fatalf("group %q: reached %+v, %v; want %d", group, rec, err, want)
	}
}

// A membership counts for present and future connections; one that the token
// names counts for that connection.
func TestGroups(t *testing.T) {
	r := start(t, secured())
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	first := r.connect("/ws/1?token=u")
	r.reaches(t, "g", 0)
	must(r.AddToGroup(ctx, "g", "u"))
	must(r.AddToGroup(ctx, "g", "u")) // again: nothing changes
	r.reaches(t, "g", 1)
	r.connect("/ws/2?token=u")
	r.connect("/ws/3?token=v/g,h")
	must(r.AddToGroup(ctx, "g", "away"))
	r.reaches(t, "g", 3)
	if users, err := r.GroupUsers(ctx, "g"); err != nil || !slices.Equal(users, []string{"away", "u", "v"}) {
		t.Errorf("users of g: %q, %v", users, err)
	}
	if users, err := r.GroupUsers(ctx, "h"); err != nil || !slices.Equal(users, []string{"v"}) {
		t.Errorf("users of h: %q, %v", users, err)
	}
	if info, err := r.Client(ctx, "3"); err != nil || !slices.Equal(info.Groups, []string{"g", "h"}) || len(info.Channels) != 0 {
		t.Errorf("info %+v, %v", info, err)
	}
	first.want("g")
	first.want("g")
	must(r.RemoveFromGroup(ctx, "g", "u"))
	must(r.RemoveFromGroup(ctx, "g", "never"))
	r.reaches(t, "g", 1)
	must(r.RemoveFromGroup(ctx, "g", "v"))
	r.reaches(t, "g", 0)
	r.reaches(t, "h", 1)
	r.connect("/ws/4?token=v/g") // the token of a later connection counts again
	r.reaches(t, "g", 1)
	if users, err := r.GroupUsers(ctx, "g"); err != nil || !slices.Equal(users, []string{"away", "v"}) {
		t.Errorf("users of g: %q, %v", users, err)
	}
	first.pong()
}

// Logging in again with another token changes the groups of the connection to
// those of the token and those the user was added to.
func TestGroupsOfRenewedToken(t *testing.T) {
	r := start(t, secured())
	if err := r.AddToGroup(t.Context(), "added", "u"); err != nil {
		t.Fatal(err)
	}
	c := r.connect("/ws/c?token=u/old,both")
	c.send(`{"type":"auth","token":"u/both,new"}`)
	c.want("auth_result")
	info, err := r.Client(t.Context(), "c")
	if err != nil || !cmp.Equal(info.Groups, []string{"added", "both", "new"}) {
		t.Errorf("groups %q, %v", info.Groups, err)
	}
	r.reaches(t, "old", 0)
	r.reaches(t, "new", 1)
}

func TestGroupNames(t *testing.T) {
	r := start(t, open())
	for _, tt := range []struct{ group, user string }{
		{"", "u"}, {"@g", "u"}, {"a b", "u"}, {"g*", "u"}, {"g", ""}, {"g", strings.Repeat("u", 129)}, {strings.Repeat("g", 129), "u"},
	} {
		for call, err := range map[string]error{
			"AddToGroup": r.AddToGroup(t.Context(), tt.group, tt.user), "RemoveFromGroup": r.RemoveFromGroup(t.Context(), tt.group, tt.user),
		} {
			var e *Error
			if !errors.As(err, &e) || e.Code != protocol.CodeBadRequest {
				t.Errorf("%s(%q, %.10q): %v", call, tt.group, tt.user, err)
			}
		}
	}
	if _, err := r.GroupUsers(t.Context(), "@all"); err == nil {
		t.Error("GroupUsers of an internal name: no error")
	}
	if n := len(r.groups.users) + len(r.groups.member); n != 0 {
		t.Errorf("%d memberships are left", n)
	}
}

// A user id is the token's business: it may look like a pattern or an internal
// name, and still leaves nothing behind.
func TestStrangeUserIDs(t *testing.T) {
	r := start(t, secured())
	for _, user := range []string{"*", ">", "a.*", "a.>", "@all", "group:x", "한글", strings.Repeat("u", 500)} {
		c := r.connect("/ws/c?token=" + user)
		rec, err := r.SendToUser(t.Context(), user, json.RawMessage(`{"type":"u"}`))
		if err != nil || rec.Sent != 1 {
			t.Errorf("user %.10q: %+v, %v", user, rec, err)
		}
		c.want("u")
		if n := r.toChannel("a.b", 1); n != 0 {
			t.Errorf("user %.10q hears a.b", user)
		}
		c.conn.Close()
		eventually(t, "the client is gone", func() bool {
			s, err := r.Stats(t.Context())
			return err == nil && s.ActiveConnections == 0 && s.UsersWithConns == 0 && r.interest.patterns.Load() == 0
		})
	}
}

// Groups are safe for concurrent use, and empty when everybody has left.
func TestGroupsConcurrency(t *testing.T) {
	g := newGroups()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				group, user := "g"+strconv.Itoa(i%5), "u"+strconv.Itoa(w)
				g.add(group, user)
				_ = g.of(newSession("c", "r", Identity{UserID: user, Groups: []string{"token"}}, time.Now()))
				_ = g.usersOf(group)
				g.remove(group, user)
			}
		})
	}
	wg.Wait()
	if len(g.users)+len(g.member) != 0 {
		t.Errorf("left: %v %v", g.users, g.member)
	}
	if got := g.of(newSession("c", "r", Identity{UserID: "u", Groups: []string{"token"}}, time.Now())); !slices.Equal(got, []string{"token"}) {
		t.Errorf("groups %q", got)
	}
}
