package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/protocol"
)

// established is connection_established as it is written.
type established struct {
	ClientID          string    `json:"client_id"`
	Timestamp         time.Time `json:"timestamp"`
	Session           string    `json:"session"`
	UserID            string    `json:"user_id"`
	Node              string    `json:"node"`
	HeartbeatInterval float64   `json:"heartbeat_interval"`
	Limits            struct {
		MaxMessageSize int `json:"max_message_size"`
		MaxChannels    int `json:"max_channels"`
	} `json:"limits"`
}

// open makes one attempt to connect.
func (c *Client) open(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.DialTimeout)
	defer cancel()
	header := make(http.Header)
	if c.opts.Token != nil {
		token, err := c.opts.Token(ctx)
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		if token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
	}
	s := newSession(c.inbox)
	ws, resp, err := websocket.Dial(ctx, c.opts.URL, &websocket.DialOptions{ //nolint:bodyclose // Dial says that it need not be
		HTTPClient:     c.opts.HTTPClient,
		HTTPHeader:     header,
		OnPingReceived: func(context.Context, []byte) bool { s.hear(); return true },
		OnPongReceived: func(context.Context, []byte) { s.hear() },
	})
	if err != nil {
		return nil, c.dialError(ctx, resp, err)
	}
	ws.SetReadLimit(c.opts.ReadLimit)
	s.ws = ws
	if s.established, err = s.greeting(ctx); err != nil {
		_ = ws.CloseNow() // the cause is in err
		return nil, err
	}
	return s, nil
}

// dialError tells a server that refused from one that is not there.
func (c *Client) dialError(ctx context.Context, resp *http.Response, err error) error {
	if resp == nil {
		return &UnreachableError{URL: c.opts.URL, Err: innermost(ctx, err)}
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return &ProtocolError{err}
	}
	var body []byte
	if resp.Body != nil {
		body, _ = io.ReadAll(resp.Body) // at most 1 KB, in memory
	}
	return refusal(resp, body)
}

// greeting reads messages up to connection_established.
func (s *session) greeting(ctx context.Context) (protocol.ConnectionEstablished, error) {
	m, _, err := s.next(ctx)
	if err != nil {
		return protocol.ConnectionEstablished{}, s.verdict(ctx, err)
	}
	switch m.Type {
	case protocol.TypeConnectionEstablished:
	case protocol.TypeAuthRequired:
		return protocol.ConnectionEstablished{}, &RefusedError{
			Status:  http.StatusUnauthorized,
			Code:    protocol.CodeUnauthenticated,
			Message: "the server wants a token",
		}
	default:
		return protocol.ConnectionEstablished{}, &ProtocolError{fmt.Errorf("first message has the type %q", m.Type)}
	}
	var e established
	if err := m.Decode(&e); err != nil {
		return protocol.ConnectionEstablished{}, &ProtocolError{err}
	}
	return protocol.ConnectionEstablished{
		ClientID:          e.ClientID,
		Timestamp:         e.Timestamp,
		Session:           e.Session,
		UserID:            e.UserID,
		Node:              e.Node,
		HeartbeatInterval: time.Duration(e.HeartbeatInterval * float64(time.Second)),
		Limits: protocol.Limits{
			MaxMessageSize: e.Limits.MaxMessageSize,
			MaxChannels:    e.Limits.MaxChannels,
		},
	}, nil
}

// refusal reads the error body of an HTTP answer.
func refusal(resp *http.Response, body []byte) *RefusedError {
	e := &RefusedError{
		Status:     resp.StatusCode,
		Message:    http.StatusText(resp.StatusCode),
		RetryAfter: retryAfter(resp.Header, time.Now()),
	}
	var answer struct {
		Error struct {
			Code    protocol.Code `json:"code"`
			Message string        `json:"message"`
		} `json:"error"`
	}
	if jsonv2.Unmarshal(body, &answer) == nil && answer.Error.Code != "" {
		e.Code, e.Message = answer.Error.Code, answer.Error.Message
	}
	return e
}

// innermost drops the layers that only repeat the URL and the operation; of a
// deadline that passed it says so.
func innermost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
