package client

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// Client is a connection to a server that renews itself. It is safe for
// concurrent use. Its two goroutines per connection are gone when Close has
// returned.
type Client struct {
	opts  Options
	inbox *inbox
	stop  context.CancelCauseFunc
	done  chan struct{} // closed when run has returned

	mu          sync.Mutex
	current     *session // nil while not connected
	established protocol.ConnectionEstablished
	channels    map[string]bool // to be subscribed to
	err         error           // why the Client has ended
}

// Dial connects and blocks until connection_established. It does not retry:
// *UnreachableError, *RefusedError, *CloseError or *ProtocolError say why.
// ctx bounds Dial only.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	c := &Client{
		opts:     opts.withDefaults(),
		done:     make(chan struct{}),
		channels: make(map[string]bool),
	}
	c.inbox = newInbox(c.opts.Inbox)
	c.tell(Event{State: Connecting})
	s, err := c.open(ctx)
	if err != nil {
		c.tell(Event{State: Closed, Err: err})
		return nil, err
	}
	life, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	c.stop = stop
	c.attach(s)
	go c.run(life, s)
	return c, nil
}

// Established is what the server said of the latest connection.
func (c *Client) Established() protocol.ConnectionEstablished {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.established
}

// Receive returns the next message. It blocks until there is one, ctx ends, or
// the Client has: ErrClosed after Close, else why. Messages that came before
// the end are returned before it.
func (c *Client) Receive(ctx context.Context) (Message, error) { return c.inbox.pop(ctx) }

// Messages yields what Receive returns, and ends after the first error, which
// it leaves out where it is ErrClosed.
func (c *Client) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := c.Receive(ctx)
			if errors.Is(err, ErrClosed) {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// Close says goodbye to the server and ends the Client. It blocks until all is
// gone: where the server does not answer, up to 10 s. Later calls wait for the
// first.
func (c *Client) Close() {
	c.mu.Lock()
	s := c.current
	c.mu.Unlock()
	if s != nil {
		s.end(ErrClosed)
	}
	c.stop(ErrClosed)
	<-c.done
}

// run serves one connection after another until an error is final.
func (c *Client) run(ctx context.Context, s *session) {
	defer close(c.done)
	pauses := backoff{least: c.opts.BackoffMin, most: c.opts.BackoffMax}
	again := false
	for {
		err := c.serve(ctx, s, again)
		pauses.ended(time.Since(s.born))
		c.detach()
		if s, err = c.reopen(ctx, &pauses, err); err != nil {
			c.end(err)
			return
		}
		c.attach(s)
		again = true
	}
}

// reopen makes the connection that follows one that ended with err. The error
// it returns is final.
func (c *Client) reopen(ctx context.Context, pauses *backoff, err error) (*session, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if c.opts.NoReconnect || errors.Is(err, ErrClosed) || !temporary(err) {
			return nil, err
		}
		var pause time.Duration
		if !errors.Is(err, errMoved) { // the moment has been chosen at random already
			pause = pauses.next(err)
		}
		c.tell(Event{State: Disconnected, Err: err, Retry: pause})
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		case <-timer.C:
		}
		c.tell(Event{State: Connecting})
		s, openErr := c.open(ctx)
		if openErr == nil {
			return s, nil
		}
		err = openErr
	}
}

func (c *Client) attach(s *session) {
	c.mu.Lock()
	c.current = s
	c.established = s.established
	c.mu.Unlock()
	c.tell(Event{State: Connected, Established: &s.established})
}

func (c *Client) detach() {
	c.mu.Lock()
	c.current = nil
	c.mu.Unlock()
}

// end makes err the Client's last word.
func (c *Client) end(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	c.tell(Event{State: Closed, Err: err})
	c.inbox.finish(err)
}

// session returns the connection of the moment: ErrNotConnected, or the final
// error.
func (c *Client) session() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, c.err
	case c.current == nil:
		return nil, ErrNotConnected
	}
	return c.current, nil
}

func (c *Client) tell(e Event) {
	if c.opts.OnState != nil {
		c.opts.OnState(e)
	}
}
