package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/protocol"
)

var errTooManyReplies = errors.New("more replies than the command asks for")

// session is one connection. serve reads it on its own goroutine; everything
// else may be called from any.
type session struct {
	ws          *websocket.Conn
	established protocol.ConnectionEstablished
	calls       *calls
	inbox       *inbox
	born        time.Time
	heard       atomic.Int64 // when the server last gave a sign, after born
	stalled     atomic.Bool  // the reader waits for room in the inbox

	mu    sync.Mutex
	cause error // why this end closed the connection
}

func newSession(b *inbox) *session {
	return &session{calls: newCalls(b), inbox: b, born: time.Now()}
}

func (s *session) hear() { s.heard.Store(int64(time.Since(s.born))) }

// next reads one message.
func (s *session) next(ctx context.Context) (Message, string, error) {
	kind, data, err := s.ws.Read(ctx)
	if err != nil {
		return Message{}, "", err
	}
	s.hear()
	if kind != websocket.MessageText {
		return Message{}, "", &ProtocolError{errors.New("a binary message")}
	}
	return readMessage(data)
}

// end closes the connection from this end; the first cause given stays. It
// blocks until the server has answered, up to 10 s.
func (s *session) end(cause error) {
	s.blame(cause)
	_ = s.ws.Close(websocket.StatusNormalClosure, "") // an error means that it was closed already
}

func (s *session) blame(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
}

// verdict turns the error of a read into why the connection ended.
func (s *session) verdict(ctx context.Context, err error) error {
	s.mu.Lock()
	cause := s.cause
	s.mu.Unlock()
	if cause != nil {
		return cause
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e, ok := errors.AsType[websocket.CloseError](err); ok {
		return &CloseError{Code: protocol.CloseCode(e.Code), Reason: e.Reason}
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return &ProtocolError{errors.New("a message larger than ReadLimit")}
	}
	if _, ok := errors.AsType[*ProtocolError](err); ok {
		_ = s.ws.Close(websocket.StatusProtocolError, "") // it is over in any case
		return err
	}
	return fmt.Errorf("connection lost: %w", err)
}

// serve reads s until it ends, and returns why. again says that the channels
// have to be subscribed once more.
func (c *Client) serve(ctx context.Context, s *session, again bool) error {
	ctx, cancel := context.WithCancel(ctx)
	var background sync.WaitGroup
	if c.opts.KeepAlive > 0 {
		background.Go(func() { s.keepAlive(ctx, c.opts.KeepAlive) })
	}
	if again {
		background.Go(func() { c.resubscribe(ctx, s) })
	}
	err := c.read(ctx, s, &background)
	err = s.verdict(ctx, err)
	s.calls.fail(fmt.Errorf("%w: %w", ErrLost, err), true)
	cancel()
	_ = s.ws.CloseNow() // it is over in any case
	background.Wait()
	return err
}

// read hands out messages until reading fails.
func (c *Client) read(ctx context.Context, s *session, background *sync.WaitGroup) error {
	moving := false
	for {
		m, id, err := s.next(ctx)
		if err != nil {
			return err
		}
		if id != "" && isReply(m.Type) {
			if err := s.calls.answer(m, id); err != nil {
				return err
			}
			continue
		}
		switch {
		case m.Type == protocol.TypeSubscriptionLost:
			c.forget(m.Channel)
		case m.Type == protocol.TypeReconnect && !moving:
			moving = true
			background.Go(func() { s.move(ctx, m) })
		}
		if err := s.deliver(ctx, m); err != nil {
			return err
		}
	}
}

// deliver puts a message into the inbox. Where calls are what keeps it from
// waiting for room, they end.
func (s *session) deliver(ctx context.Context, m Message) error {
	s.stalled.Store(true)
	defer s.stalled.Store(false)
	for {
		err := s.inbox.push(ctx, m)
		if !errors.Is(err, ErrBacklog) {
			return err
		}
		s.calls.fail(ErrBacklog, false)
	}
}

// move ends the connection at a random moment of the time the server gives.
func (s *session) move(ctx context.Context, m Message) {
	var order struct {
		WithinMS int64 `json:"within_ms"`
	}
	if m.Decode(&order) != nil || order.WithinMS < 0 {
		order.WithinMS = 0
	}
	timer := time.NewTimer(rand.N(millis(order.WithinMS) + 1)) //nolint:gosec // spreads clients, hides nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
		s.end(errMoved)
	}
}

// keepAlive pings a server that has been silent, and drops one that stays so.
// While the reader waits for the inbox no pong could be seen, so none is asked
// for.
func (s *session) keepAlive(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		silent := time.Since(s.born) - time.Duration(s.heard.Load())
		if silent < every || s.stalled.Load() {
			continue
		}
		if s.ping(ctx) != nil {
			return
		}
	}
}

// ping waits for a pong, and drops the connection where none comes in time.
func (s *session) ping(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The reader may see the end before Ping returns: the blame comes first.
	timer := time.AfterFunc(pongTimeout, func() {
		if !s.stalled.Load() {
			s.blame(errSilent)
		}
		cancel()
	})
	defer timer.Stop()
	err := s.ws.Ping(ctx)
	if err == nil || s.stalled.Load() {
		return nil
	}
	_ = s.ws.CloseNow() // it is over in any case
	return err
}

// command is what is sent; each type uses some of it.
type command struct {
	Type      string   `json:"type"`
	ID        string   `json:"id"`
	Channel   string   `json:"channel,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Data      rawJSON  `json:"data,omitempty"`
	Event     string   `json:"event,omitempty"`
	MessageID string   `json:"message_id,omitempty"`
	Key       string   `json:"key,omitempty"`
}

// roundTrip sends cmd and waits for want replies. Those that came before an
// error are returned with it. seen is described at call.
func (s *session) roundTrip(ctx context.Context, cmd *command, want int, seen func(Message, *reply)) ([]reply, error) {
	p, err := s.calls.add(want, seen)
	if err != nil {
		return nil, err
	}
	defer s.calls.remove(p)
	cmd.ID = p.id
	if err := s.write(ctx, cmd); err != nil {
		return nil, err
	}
	var replies []reply
	for len(replies) < want {
		select {
		case r := <-p.replies:
			replies = append(replies, r)
		case err := <-p.failed:
			return p.rest(replies, want, err)
		case <-ctx.Done():
			return replies, context.Cause(ctx)
		}
	}
	return replies, nil
}

// write sends one command. The end of ctx does not interrupt it, for half a
// frame would end the connection for everybody; writeTimeout does.
func (s *session) write(ctx context.Context, cmd *command) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	data, err := jsonv2.Marshal(cmd)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Type, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := s.ws.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

func millis(n int64) time.Duration {
	return time.Duration(min(n, int64(maxPause/time.Millisecond))) * time.Millisecond
}
