package httpapi

import (
	"context"
	"runtime"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// statusResult is the answer of /status: how this node is.
type statusResult struct {
	Status            string  `json:"status"` // "ok" or "unavailable"
	Service           string  `json:"service"`
	Reason            string  `json:"reason,omitzero"`
	Node              string  `json:"node"`
	Version           string  `json:"version"`
	UptimeSeconds     float64 `json:"uptime_seconds"`
	ActiveConnections int     `json:"active_connections"`
	Channels          int     `json:"channels"`
	Users             int     `json:"users_with_connections"`
	Timestamp         string  `json:"timestamp"`
}

func (a *API) status(ctx context.Context, _ *request) (reply, error) {
	s, err := a.cfg.Node.Stats(ctx)
	if err != nil {
		return reply{}, err
	}
	out := statusResult{
		Status: "ok", Service: "websocket", Node: a.cfg.Node.Name(), Version: a.cfg.Version,
		UptimeSeconds:     time.Since(a.started).Round(time.Millisecond).Seconds(),
		ActiveConnections: s.ActiveConnections, Channels: s.Channels, Users: s.UsersWithConns,
		Timestamp: now(),
	}
	if err := a.cfg.Node.Ready(); err != nil {
		out.Status, out.Reason = "unavailable", unready(err).Message
	}
	return ok(out), nil
}

// statsResult is the answer of /stats: what this node has counted.
type statsResult struct {
	TotalConnections  uint64 `json:"total_connections"`
	ActiveConnections int    `json:"active_connections"`
	Unauthenticated   int    `json:"unauthenticated"`
	MessagesSent      uint64 `json:"messages_sent"`
	MessagesReceived  uint64 `json:"messages_received"`
	MessagesDropped   uint64 `json:"messages_dropped"`
	Errors            uint64 `json:"errors"`
	Panics            uint64 `json:"panics"`
	Subscriptions     int    `json:"subscriptions"`
	Channels          int    `json:"channels"`
	Users             int    `json:"users_with_connections"`
	QueuedMessages    int    `json:"queued_messages"`
	QueuedBytes       int    `json:"queued_bytes"`
	InFlight          int    `json:"publications_in_flight"`
	PublishWaits      uint64 `json:"publish_waits"`
	LogDropped        uint64 `json:"log_records_dropped"`
	Goroutines        int    `json:"goroutines"`
	Partial           bool   `json:"partial,omitzero"`
	Timestamp         string `json:"timestamp"`
}

func (a *API) stats(ctx context.Context, _ *request) (reply, error) {
	s, err := a.cfg.Node.Stats(ctx)
	if err != nil {
		return reply{}, err
	}
	return ok(statsResult{
		TotalConnections: s.TotalConnections, ActiveConnections: s.ActiveConnections,
		Unauthenticated: s.Unauthenticated, MessagesSent: s.MessagesSent,
		MessagesReceived: s.MessagesReceived, MessagesDropped: s.Dropped,
		Errors: s.Errors, Panics: s.Panics + a.panics.Load(), Subscriptions: s.Subscriptions,
		Channels: s.Channels, Users: s.UsersWithConns, QueuedMessages: s.QueuedMessages,
		QueuedBytes: s.QueuedBytes, InFlight: s.InFlight,
		PublishWaits: s.PublishWaits, LogDropped: s.LogDropped, Goroutines: runtime.NumGoroutine(), Partial: s.Partial, Timestamp: now(),
	}), nil
}

// now is the time as every timestamp of the protocol is written.
func now() string { return timestamp(time.Now()) }

func timestamp(t time.Time) string { return string(protocol.AppendTime(nil, t)) }
