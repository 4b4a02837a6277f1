package outcry

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/outcry-dev/outcry/protocol"
)

// groups are the memberships made by AddToGroup; those a token names belong to
// its session. Safe for concurrent use.
type groups struct {
	mu     sync.Mutex
	users  map[string]map[string]struct{} // group → users
	member map[string]map[string]struct{} // user → groups
}

func newGroups() *groups {
	return &groups{users: make(map[string]map[string]struct{}), member: make(map[string]map[string]struct{})}
}

func (g *groups) add(group, user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	link(g.users, group, user)
	link(g.member, user, group)
}

func (g *groups) remove(group, user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	unlink(g.users, group, user)
	unlink(g.member, user, group)
}

func link(m map[string]map[string]struct{}, a, b string) {
	if m[a] == nil {
		m[a] = make(map[string]struct{}, 1)
	}
	m[a][b] = struct{}{}
}

func unlink(m map[string]map[string]struct{}, a, b string) {
	delete(m[a], b)
	if len(m[a]) == 0 {
		delete(m, a)
	}
}

// of returns the groups of a session: its token's and those it was added to.
func (g *groups) of(s *session) []string {
	if s.userID() == "" {
		return s.groups()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	out := s.groups()
	for name := range g.member[s.userID()] {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (g *groups) usersOf(group string) map[string]struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := maps.Clone(g.users[group])
	if out == nil {
		out = make(map[string]struct{})
	}
	return out
}

// AddToGroup makes a user a member of a group: its connections, present and
// future, receive what is sent to the group. Blocks until the Loops have done
// it, or ctx ends.
func (n *Node) AddToGroup(ctx context.Context, group, userID string) error {
	if err := checkGroup(group, userID); err != nil {
		return err
	}
	n.groups.add(group, userID)
	_, err := n.eachOf(ctx, userID, func(c *conn) { c.join(prefixGroup + group) })
	return err
}

// RemoveFromGroup is the reverse of AddToGroup; a membership the user's token
// names ends as well, for the present connections.
func (n *Node) RemoveFromGroup(ctx context.Context, group, userID string) error {
	if err := checkGroup(group, userID); err != nil {
		return err
	}
	n.groups.remove(group, userID)
	_, err := n.eachOf(ctx, userID, func(c *conn) {
		if i := c.find(prefixGroup + group); i >= 0 {
			c.end(i)
		}
	})
	return err
}

// GroupUsers returns a group's users, sorted: those added with AddToGroup, and
// those connected here whose token names the group. Blocks until the Loops
// have answered, or ctx ends.
func (n *Node) GroupUsers(ctx context.Context, group string) ([]string, error) {
	if err := checkGroup(group, "u"); err != nil {
		return nil, err
	}
	users := n.groups.usersOf(group)
	parts, err := ask(ctx, n, func(l *loop) []string {
		var found []string
		if t := l.hub.topics[prefixGroup+group]; t != nil {
			for _, m := range t.members {
				if m.c.who.userID() != "" {
					found = append(found, m.c.who.userID())
				}
			}
		}
		return found
	})
	for _, found := range parts {
		for _, u := range found {
			users[u] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(users)), err
}

func checkGroup(group, userID string) error {
	if err := protocol.CheckChannel(group); err != nil {
		return protocol.Errorf(protocol.CodeBadRequest, "group: %s", err.Message)
	}
	if userID == "" || len(userID) > maxIDBytes {
		return protocol.Errorf(protocol.CodeBadRequest, "user id: 1 to %d bytes", maxIDBytes)
	}
	return nil
}
