package httpapi

import (
	"context"
	"encoding/json"

	"github.com/outcry-dev/outcry"
)

// channelList is the answer of /channels.
type channelList struct {
	Channels []channelCount `json:"channels"`
	Next     string         `json:"next,omitzero"`
}

type channelCount struct {
	Channel     string `json:"channel"`
	Subscribers int    `json:"subscriber_count"`
}

func (a *API) listChannels(ctx context.Context, rq *request) (reply, error) {
	p, err := page(rq.query)
	if err != nil {
		return reply{}, err
	}
	list, err := a.cfg.Node.Channels(ctx, p)
	if err != nil {
		return reply{}, err
	}
	out := channelList{
		Channels: make([]channelCount, 0, len(list)),
		Next:     next(list, p, func(c outcry.ChannelInfo) string { return c.Name }),
	}
	for _, c := range list {
		out.Channels = append(out.Channels, channelCount{c.Name, c.Subscribers})
	}
	return ok(out), nil
}

// channelResult is the answer of /channels/{name}. The count is of all
// subscribers, the list one page of them.
type channelResult struct {
	Channel         string   `json:"channel"`
	SubscriberCount int      `json:"subscriber_count"`
	Subscribers     []string `json:"subscribers"`
	Next            string   `json:"next,omitzero"`
}

func (a *API) showChannel(ctx context.Context, rq *request) (reply, error) {
	name, p, err := channelPage(rq)
	if err != nil {
		return reply{}, err
	}
	info, err := a.cfg.Node.Channel(ctx, name)
	if err != nil {
		return reply{}, err
	}
	ids := cut(info.ClientIDs, p, itself)
	return ok(channelResult{
		Channel: name, SubscriberCount: info.Subscribers, Subscribers: ids, Next: next(ids, p, itself),
	}), nil
}

// presenceResult is the answer of /channels/{name}/presence.
type presenceResult struct {
	Channel string   `json:"channel"`
	Members []member `json:"members"`
	Count   int      `json:"count"`
	Next    string   `json:"next,omitzero"`
}

type member struct {
	ClientID string `json:"client_id"`
	UserID   string `json:"user_id"`
}

func (a *API) showPresence(ctx context.Context, rq *request) (reply, error) {
	name, p, err := channelPage(rq)
	if err != nil {
		return reply{}, err
	}
	all, err := a.cfg.Node.Members(ctx, name)
	if err != nil {
		return reply{}, err
	}
	byID := func(m outcry.Member) string { return m.ClientID }
	list := cut(all, p, byID)
	out := presenceResult{
		Channel: name, Count: len(all), Members: make([]member, 0, len(list)), Next: next(list, p, byID),
	}
	for _, m := range list {
		out.Members = append(out.Members, member(m))
	}
	return ok(out), nil
}

// channelPage reads the channel and the page of a request.
func channelPage(rq *request) (name string, p outcry.Page, err error) {
	name = rq.PathValue("name")
	if err := checkChannel(name, "the channel in the path"); err != nil {
		return "", p, err
	}
	p, err = page(rq.query)
	return name, p, err
}

// historyResult is the answer of /channels/{name}/history.
type historyResult struct {
	Channel  string            `json:"channel"`
	Messages []json.RawMessage `json:"messages"`
	Epoch    string            `json:"epoch"`
	Oldest   uint64            `json:"oldest"`
	Top      uint64            `json:"top"`
}

func (a *API) showHistory(ctx context.Context, rq *request) (reply, error) {
	name, p, err := channelPage(rq)
	if err != nil {
		return reply{}, err
	}
	h, err := a.cfg.Node.History(ctx, name, outcry.HistoryQuery{Since: rq.query.Get("since"), Limit: p.Limit})
	if err != nil {
		return reply{}, err
	}
	return ok(historyResult{name, h.Messages, h.Epoch, h.Oldest, h.Top}), nil
}
