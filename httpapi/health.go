package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// alive answers as long as the process can answer at all.
func (a *API) alive(context.Context, *request) (reply, error) {
	return ok(struct {
		Status string `json:"status"`
	}{"ok"}), nil
}

// ready tells a load balancer whether to send clients here.
func (a *API) ready(context.Context, *request) (reply, error) {
	if err := a.cfg.Node.Ready(); err != nil {
		return reply{}, unready(err)
	}
	return ok(struct {
		Ready bool `json:"ready"`
	}{true}), nil
}

// unready says why a node is not ready, without an internal cause.
func unready(err error) *protocol.Error {
	if e := public(err); e != nil && e.Code.HTTPStatus() == http.StatusServiceUnavailable {
		return e
	}
	return protocol.Errorf(protocol.CodeUnavailable, "the node is not ready; its log has the cause")
}

// detailedResult is the answer of /healthz/detailed.
type detailedResult struct {
	Healthy           bool                 `json:"healthy"`
	Service           string               `json:"service"`
	ActiveConnections int                  `json:"active_connections"`
	TotalConnections  uint64               `json:"total_connections"`
	Channels          int                  `json:"channels"`
	MessagesSent      uint64               `json:"messages_sent"`
	MessagesReceived  uint64               `json:"messages_received"`
	Errors            uint64               `json:"errors"`
	Timestamp         string               `json:"timestamp"`
	Components        map[string]component `json:"components"`
}

// component is the state of one part of the node.
type component struct {
	Healthy bool   `json:"healthy"`
	Reason  string `json:"reason,omitzero"`
}

// detailed always answers with the whole object, 503 where a component is not
// healthy. It reveals counts and states, nothing of clients or channels.
func (a *API) detailed(ctx context.Context, _ *request) (reply, error) {
	s, err := a.cfg.Node.Stats(ctx)
	admission, loops := state(a.cfg.Node.Ready()), state(err)
	if s.Partial {
		loops = component{Reason: "an event loop did not answer in time"}
	}
	out := reply{status: http.StatusOK}
	if !admission.Healthy || !loops.Healthy {
		out = reply{status: http.StatusServiceUnavailable, retryAfter: time.Second}
	}
	out.body = detailedResult{
		Healthy: out.status == http.StatusOK, Service: "websocket",
		ActiveConnections: s.ActiveConnections, TotalConnections: s.TotalConnections,
		Channels: s.Channels, MessagesSent: s.MessagesSent, MessagesReceived: s.MessagesReceived,
		Errors: s.Errors, Timestamp: now(),
		Components: map[string]component{"admission": admission, "loops": loops},
	}
	return out, nil
}

func state(err error) component {
	if err == nil {
		return component{Healthy: true}
	}
	return component{Reason: unready(err).Message}
}
