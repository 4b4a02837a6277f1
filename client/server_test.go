package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/outcry-dev/outcry/protocol"
)

// pipes is a listener whose connections are in memory, so that they may be
// used in a synctest bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	gone  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), gone: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.gone:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listen serves h in memory for the length of the test and returns a client
// for it.
func listen(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	p := newPipes()
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var running sync.WaitGroup
	running.Go(func() { _ = srv.Serve(p) })
	transport := &http.Transport{DialContext: p.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return &http.Client{Transport: transport}
}

// peer is the server's end of one connection.
type peer struct {
	t  *testing.T
	ws *websocket.Conn
	// refuse, where set, says which channels are refused.
	refuse func(channel string) bool
	// mute leaves pings unanswered.
	mute atomic.Bool
}

// send writes one message; an error means that the client has left.
func (p *peer) send(text string) {
	_ = p.ws.Write(p.t.Context(), websocket.MessageText, []byte(text))
}

func (p *peer) greet() {
	p.send(`{"type":"connection_established","client_id":"ws_1","timestamp":"2026-01-20T10:30:00.000001+00:00","user_id":"u1",` +
		`"session":"s","node":"n1","heartbeat_interval":30,"limits":{"max_message_size":1024,"max_channels":7},"future":1}`)
}

// command reads the next command; ok is false at the end.
func (p *peer) command() (cmd protocol.Command, ok bool) {
	_, data, err := p.ws.Read(p.t.Context())
	if err != nil {
		return cmd, false
	}
	cmd, err = protocol.DecodeCommand(data)
	if err != nil {
		p.t.Errorf("command %s: %v", data, err)
	}
	return cmd, true
}

// answer answers commands until the client leaves.
func (p *peer) answer() {
	for {
		cmd, ok := p.command()
		if !ok {
			return
		}
		p.reply(cmd)
	}
}

func (p *peer) reply(cmd protocol.Command) {
	switch cmd.Type {
	case protocol.TypeSubscribe:
		s, err := cmd.Subscribe()
		if err == nil && s.Channels[0] == "whole" {
			err = protocol.Errorf(protocol.CodeRateLimited, "slow down")
		}
		if err != nil {
			p.send(string(protocol.NewErrorMessage(err, cmd.ID).AppendJSON(nil)))
			return
		}
		for _, name := range s.Channels {
			r := protocol.SubscriptionResult{Channel: name, Success: true, ID: cmd.ID}
			if p.refuse != nil && p.refuse(name) {
				r.Success, r.Error = false, protocol.Errorf(protocol.CodeForbidden, "no right to %s", name)
			}
			p.send(string(r.AppendJSON(nil)))
		}
	case protocol.TypeUnsubscribe:
		s, _ := cmd.Unsubscribe()
		for _, name := range s.Channels {
			p.send(string(protocol.UnsubscriptionResult{Channel: name, Success: true, ID: cmd.ID}.AppendJSON(nil)))
		}
	case protocol.TypePublish:
		s, _ := cmd.Publish()
		r := protocol.PublishResult{Channel: s.Channel, Success: true, MessageID: "m1", Seq: 3, Cursor: "c", ID: cmd.ID}
		if s.Channel == "closed" {
			r = protocol.PublishResult{Channel: s.Channel, Error: protocol.Errorf(protocol.CodeForbidden, "no"), ID: cmd.ID}
		}
		p.send(string(r.AppendJSON(nil)))
	case protocol.TypePing:
		p.send(string(protocol.Pong{ID: cmd.ID}.AppendJSON(nil)))
	}
}

// events collects the states of a Client.
type events struct {
	mu  sync.Mutex
	all []Event
}

func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

func (e *events) states() []State {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []State
	for _, ev := range e.all {
		out = append(out, ev.State)
	}
	return out
}

// at returns event i, from the end where i is negative.
func (e *events) at(i int) Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i < 0 {
		i += len(e.all)
	}
	return e.all[i]
}

// script is what the server does with its n-th connection, from 1.
type script func(n int, p *peer)

// stage is what a test in a world is given.
type stage struct {
	*testing.T
	opts Options
	seen *events
}

// world runs test in a bubble with a server that follows s.
func world(t *testing.T, s script, test func(stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		n := 0
		client := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := &peer{t: t}
			var err error
			p.ws, err = websocket.Accept(w, r, &websocket.AcceptOptions{
				OnPingReceived: func(context.Context, []byte) bool { return !p.mute.Load() },
			})
			if err != nil {
				t.Error(err)
				return
			}
			p.ws.SetReadLimit(1 << 20)
			defer p.ws.CloseNow() //nolint:errcheck // it may be closed already
			mu.Lock()
			n++
			number := n
			mu.Unlock()
			s(number, p)
		}))
		seen := &events{}
		test(stage{t, Options{URL: "ws://server/ws", HTTPClient: client, OnState: seen.add}, seen})
	})
}

func dial(t testing.TB, opts Options) *Client {
	t.Helper()
	c, err := Dial(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// receive returns the raw text of the next message.
func receive(t testing.TB, c *Client) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	m, err := c.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Raw)
}
