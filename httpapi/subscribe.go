package httpapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/outcry-dev/outcry"
)

// maxSubscriptions bounds the channels of one call.
const maxSubscriptions = 100

// subscription says whom to subscribe to what, or to unsubscribe from it.
type subscription struct {
	ClientID string   `json:"client_id"`
	UserID   string   `json:"user_id"`
	Channel  string   `json:"channel"`
	Channels []string `json:"channels"`
}

// subscribed is the answer: success where every channel succeeded.
type subscribed struct {
	Success  bool               `json:"success"`
	ClientID string             `json:"client_id,omitzero"`
	UserID   string             `json:"user_id,omitzero"`
	Results  []subscribedResult `json:"results"`
	Scope    string             `json:"scope"`
}

type subscribedResult struct {
	Channel     string       `json:"channel"`
	Success     bool         `json:"success"`
	Connections int          `json:"connections"`
	Error       *errorDetail `json:"error,omitzero"`
}

// door is how a subscription changes: by client or by user.
type door struct {
	client func(ctx context.Context, clientID, channel string) error
	user   func(ctx context.Context, userID, channel string) (int, error)
}

func (a *API) subscribe(ctx context.Context, rq *request) (reply, error) {
	return a.change(ctx, rq, door{a.cfg.Node.Subscribe, a.cfg.Node.SubscribeUser})
}

func (a *API) unsubscribe(ctx context.Context, rq *request) (reply, error) {
	return a.change(ctx, rq, door{a.cfg.Node.Unsubscribe, a.cfg.Node.UnsubscribeUser})
}

// change works through the channels in order. An error of a single "channel"
// and an unknown client fail the call, any other only its channel.
func (a *API) change(ctx context.Context, rq *request, d door) (reply, error) {
	s, err := decodeSubscription(rq.body)
	if err != nil {
		return reply{}, err
	}
	out := subscribed{Success: true, ClientID: s.ClientID, UserID: s.UserID, Scope: "node"}
	for _, channel := range s.Channels {
		n, err := d.open(ctx, s, channel)
		if err != nil && (s.Channel != "" || errors.Is(err, outcry.ErrNotFound)) {
			return reply{}, err
		}
		result := subscribedResult{Channel: channel, Success: err == nil, Connections: n}
		if err != nil {
			out.Success = false
			result.Error = new(detail(a.explain(rq.Request, err)))
		}
		out.Results = append(out.Results, result)
	}
	return ok(out), nil
}

// open changes one channel and counts the connections it changed it for.
func (d door) open(ctx context.Context, s subscription, channel string) (int, error) {
	if s.UserID != "" {
		return d.user(ctx, s.UserID, channel)
	}
	if err := d.client(ctx, s.ClientID, channel); err != nil {
		return 0, err
	}
	return 1, nil
}

// decodeSubscription returns the channels in Channels in any case.
func decodeSubscription(body []byte) (subscription, error) {
	var s subscription
	if err := decode(body, &s, ""); err != nil {
		return s, err
	}
	switch {
	case (s.ClientID == "") == (s.UserID == ""):
		return s, badRequest("the body needs one of client_id and user_id; it has both or neither")
	case (s.Channel == "") == (len(s.Channels) == 0):
		return s, badRequest("the body needs one of channel and channels; it has both or neither")
	case len(s.Channels) > maxSubscriptions:
		return s, badRequest("/channels has %d channels; at most %d are allowed", len(s.Channels), maxSubscriptions)
	}
	if s.Channel != "" {
		s.Channels = []string{s.Channel}
		return s, errors.Join(checkWho(s), checkChannel(s.Channel, "/channel"))
	}
	for i, c := range s.Channels {
		if err := checkChannel(c, fmt.Sprintf("/channels/%d", i)); err != nil {
			return s, err
		}
	}
	return s, checkWho(s)
}

func checkWho(s subscription) error {
	if s.ClientID != "" {
		return checkClientID(s.ClientID, "/client_id")
	}
	return checkName(s.UserID, "/user_id")
}
