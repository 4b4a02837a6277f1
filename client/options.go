package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	defaultReadLimit   = 4 << 20
	defaultInbox       = 8 << 20
	defaultDialTimeout = 10 * time.Second
	defaultKeepAlive   = 25 * time.Second
	shortestBackoff    = 500 * time.Millisecond
	longestBackoff     = 20 * time.Second

	// pongTimeout bounds the wait for the answer to a keep-alive ping.
	pongTimeout = 10 * time.Second
	// writeTimeout bounds the writing of one command.
	writeTimeout = 10 * time.Second
)

// Options say how a Client connects. URL is required, every other zero value
// is the documented default.
type Options struct {
	// URL is where the server takes WebSocket connections, such as
	// ws://127.0.0.1:8000/ws.
	URL string
	// Token returns the token to connect with. It is asked before every
	// connection, so that it can renew what has expired; its error counts as a
	// failed attempt. Default: no token.
	Token func(ctx context.Context) (string, error)
	// HTTPClient makes the handshake. Default: one that follows no redirects.
	HTTPClient *http.Client
	// ReadLimit is the largest message in bytes; a larger one ends the Client.
	// Default: 4 MiB.
	ReadLimit int64
	// Inbox is how many bytes of messages wait for Receive before reading
	// stops, so that the server sees a slow consumer. Default: 8 MiB.
	Inbox int
	// DialTimeout bounds one attempt, up to connection_established. Default:
	// 10 s.
	DialTimeout time.Duration
	// KeepAlive is the silence after which the server is pinged. A server that
	// does not answer within 10 s counts as lost. Default: 25 s; negative: off.
	KeepAlive time.Duration
	// BackoffMin and BackoffMax bound the pause before a reconnect: the n-th is
	// random between 0 and BackoffMin·2ⁿ, at most BackoffMax. Default: 0.5 s
	// and 20 s.
	BackoffMin, BackoffMax time.Duration
	// NoReconnect ends the Client with its first connection.
	NoReconnect bool
	// OnState hears of every change of state, in order. It must not block and
	// must not call the Client. May be nil.
	OnState func(Event)
}

// StaticToken is a Token function for a token that does not change.
func StaticToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

func (o Options) validate() error {
	u, err := url.Parse(o.URL)
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "https":
	default:
		return fmt.Errorf("url %q: want ws://HOST/ws or wss://HOST/ws", o.URL)
	}
	if u.Host == "" {
		return fmt.Errorf("url %q: no host", o.URL)
	}
	if o.ReadLimit < 0 || o.Inbox < 0 || o.DialTimeout < 0 || o.BackoffMin < 0 || o.BackoffMax < 0 {
		return errors.New("ReadLimit, Inbox, DialTimeout, BackoffMin and BackoffMax must not be negative")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	o.ReadLimit = cmp.Or(o.ReadLimit, defaultReadLimit)
	o.Inbox = cmp.Or(o.Inbox, defaultInbox)
	o.DialTimeout = cmp.Or(o.DialTimeout, defaultDialTimeout)
	o.KeepAlive = cmp.Or(o.KeepAlive, defaultKeepAlive)
	o.BackoffMin = cmp.Or(o.BackoffMin, shortestBackoff)
	o.BackoffMax = max(cmp.Or(o.BackoffMax, longestBackoff), o.BackoffMin)
	return o
}
