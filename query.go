package outcry

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	defaultPage = 100
	maxPage     = 1000
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return defaultPage
	}
	return min(p.Limit, maxPage)
}

// cut sorts items by name and returns the page of them.
func cut[T any](items []T, p Page, name func(T) string) []T {
	items = slices.DeleteFunc(items, func(t T) bool { return name(t) <= p.After })
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	return slices.Clip(items[:min(len(items), p.limit())])
}

// Client describes a client of this node. Blocks until its Loop has answered,
// at most a second. ErrNotFound: no such client here.
func (n *Node) Client(ctx context.Context, clientID string) (ClientInfo, error) {
	c := n.ids.find(clientID)
	if c == nil {
		return ClientInfo{}, ErrNotFound
	}
	info, err := askOne(ctx, c, c.info)
	if err != nil {
		return ClientInfo{}, err
	}
	if info == nil {
		return ClientInfo{}, ErrNotFound
	}
	return *info, nil
}

// Clients lists the clients of this node by id. Blocks as Client does, for
// each Loop.
func (n *Node) Clients(ctx context.Context, p Page) ([]ClientInfo, error) {
	wanted := cut(n.ids.ids(), p, func(id string) string { return id })
	parts, err := ask(ctx, n, func(l *loop) []ClientInfo {
		var found []ClientInfo
		for _, id := range wanted {
			if c := n.ids.find(id); c != nil && c.loop == l {
				if info := c.info(); info != nil {
					found = append(found, *info)
				}
			}
		}
		return found
	})
	return cut(slices.Concat(parts...), p, func(c ClientInfo) string { return c.ID }), err
}

// info describes c, if it is admitted.
func (c *conn) info() *ClientInfo {
	if !c.admitted() {
		return nil
	}
	i := &ClientInfo{
		ID: c.who.clientID, UserID: c.who.userID(), Channels: c.channels(), State: c.state,
		ConnectedAt: time.UnixMilli(c.who.began), LastPing: c.at(c.times.lastPing), LastPong: c.at(c.times.lastPong),
		RemoteAddr: c.who.remote,
	}
	if c.who.metadata != "" {
		i.Metadata = []byte(c.who.metadata)
	}
	for _, s := range c.subs {
		if name := s.topic.name; len(name) > len(prefixGroup) && name[:len(prefixGroup)] == prefixGroup {
			i.Groups = append(i.Groups, name[len(prefixGroup):])
		}
	}
	slices.Sort(i.Groups)
	return i
}

// at turns one of c's times into wall time; the zero time stands for never.
func (c *conn) at(t deci) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return c.loop.node.start.Add(time.Duration(t) * 100 * time.Millisecond)
}

// Channel describes a channel with its subscribers on this node; one without
// subscribers is described too. Blocks until the Loops have answered, at most
// a second.
func (n *Node) Channel(ctx context.Context, name string) (ChannelInfo, error) {
	if err := protocol.CheckChannel(name); err != nil {
		return ChannelInfo{}, err
	}
	parts, err := ask(ctx, n, func(l *loop) []string {
		t := l.hub.topics[name]
		if t == nil {
			return nil
		}
		ids := make([]string, len(t.members))
		for i, m := range t.members {
			ids[i] = m.c.who.clientID
		}
		return ids
	})
	ids := slices.Concat(parts...)
	slices.Sort(ids)
	return ChannelInfo{Name: name, Subscribers: len(ids), ClientIDs: ids}, err
}

// Channels lists the channels and patterns with subscribers on this node by
// name. Blocks as Channel does.
func (n *Node) Channels(ctx context.Context, p Page) ([]ChannelInfo, error) {
	sizes, err := n.topicSizes(ctx, func(name string) (string, bool) { return name, !internal(name) })
	list := make([]ChannelInfo, 0, len(sizes))
	for name, size := range sizes {
		list = append(list, ChannelInfo{Name: name, Subscribers: size})
	}
	return cut(list, p, func(c ChannelInfo) string { return c.Name }), err
}

// Users lists the users with connections on this node by id. Blocks as Channel
// does.
func (n *Node) Users(ctx context.Context, p Page) ([]UserInfo, error) {
	sizes, err := n.topicSizes(ctx, userOf)
	list := make([]UserInfo, 0, len(sizes))
	for name, size := range sizes {
		list = append(list, UserInfo{ID: name, Connections: size})
	}
	return cut(list, p, func(u UserInfo) string { return u.ID }), err
}

func userOf(topic string) (string, bool) {
	if len(topic) > len(prefixUser) && topic[:len(prefixUser)] == prefixUser {
		return topic[len(prefixUser):], true
	}
	return "", false
}

// topicSizes sums the members of topics over the Loops, by the name that keep
// gives them.
func (n *Node) topicSizes(ctx context.Context, keep func(string) (string, bool)) (map[string]int, error) {
	parts, err := ask(ctx, n, func(l *loop) map[string]int {
		sizes := make(map[string]int)
		for name, t := range l.hub.topics {
			if key, ok := keep(name); ok && len(t.members) > 0 {
				sizes[key] = len(t.members)
			}
		}
		return sizes
	})
	total := make(map[string]int)
	for _, sizes := range parts {
		for name, size := range sizes {
			total[name] += size
		}
	}
	return total, err
}
