package httpapi

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/protocol"
)

// maxReason bounds the reason of a close frame, in bytes (RFC 6455, 5.5).
const maxReason = 123

// clientList is the answer of /clients.
type clientList struct {
	Clients []clientResult `json:"clients"`
	Next    string         `json:"next,omitzero"`
}

// clientResult describes one connection.
type clientResult struct {
	ClientID    string          `json:"client_id"`
	UserID      string          `json:"user_id"`
	Channels    []string        `json:"channels"`
	Groups      []string        `json:"groups"`
	State       string          `json:"state"`
	ConnectedAt *string         `json:"connected_at"`
	LastPing    *string         `json:"last_ping"`
	LastPong    *string         `json:"last_pong"`
	Metadata    json.RawMessage `json:"metadata"`
	RemoteAddr  string          `json:"remote_addr"`
}

func newClientResult(c *outcry.ClientInfo) clientResult {
	out := clientResult{
		ClientID: c.ID, UserID: c.UserID, Channels: c.Channels, Groups: c.Groups, State: c.State.String(),
		ConnectedAt: optional(c.ConnectedAt), LastPing: optional(c.LastPing), LastPong: optional(c.LastPong),
		Metadata: c.Metadata, RemoteAddr: c.RemoteAddr,
	}
	if len(out.Metadata) == 0 {
		out.Metadata = json.RawMessage("{}")
	}
	return out
}

// optional is null for the zero time.
func optional(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(timestamp(t))
}

func (a *API) listClients(ctx context.Context, rq *request) (reply, error) {
	p, err := page(rq.query)
	if err != nil {
		return reply{}, err
	}
	list, err := a.cfg.Node.Clients(ctx, p)
	if err != nil {
		return reply{}, err
	}
	out := clientList{
		Clients: make([]clientResult, 0, len(list)),
		Next:    next(list, p, func(c outcry.ClientInfo) string { return c.ID }),
	}
	for i := range list {
		out.Clients = append(out.Clients, newClientResult(&list[i]))
	}
	return ok(out), nil
}

func (a *API) showClient(ctx context.Context, rq *request) (reply, error) {
	id := rq.PathValue("id")
	if err := checkClientID(id, "the client id in the path"); err != nil {
		return reply{}, err
	}
	info, err := a.cfg.Node.Client(ctx, id)
	if err != nil {
		return reply{}, err
	}
	return ok(newClientResult(&info)), nil
}

// disconnected is the answer to DELETE /clients/{id}.
type disconnected struct {
	Success  bool               `json:"success"`
	ClientID string             `json:"client_id"`
	Code     protocol.CloseCode `json:"code"`
	Reason   string             `json:"reason"`
}

func (a *API) disconnect(ctx context.Context, rq *request) (reply, error) {
	id := rq.PathValue("id")
	if err := checkClientID(id, "the client id in the path"); err != nil {
		return reply{}, err
	}
	code, reason, err := closing(rq.query)
	if err != nil {
		return reply{}, err
	}
	if err := a.cfg.Node.Disconnect(ctx, id, code, reason); err != nil {
		return reply{}, err
	}
	return ok(disconnected{true, id, code, reason}), nil
}

// closing reads ?code= and ?reason=. The default tells a well-made client to
// stay away.
func closing(query url.Values) (protocol.CloseCode, string, error) {
	code := protocol.CloseForbidden
	if query.Has("code") {
		n, err := strconv.ParseUint(query.Get("code"), 10, 16)
		if err != nil || !mayClose(n) {
			return 0, "", badRequest("query parameter \"code\" is %q; allowed are 1000, 1001, 1008, 1011 to 1013 and 3000 to 4999",
				clip(query.Get("code")))
		}
		code = protocol.CloseCode(n)
	}
	reason := query.Get("reason")
	if len(reason) > maxReason {
		return 0, "", badRequest("query parameter \"reason\" has %d bytes; at most %d are allowed", len(reason), maxReason)
	}
	if reason == "" {
		reason = code.Name()
	}
	return code, reason, nil
}

// mayClose reports whether a server may send the close code (RFC 6455, 7.4).
func mayClose(code uint64) bool {
	switch code {
	case 1000, 1001, 1008, 1011, 1012, 1013:
		return true
	}
	return 3000 <= code && code <= 4999
}
