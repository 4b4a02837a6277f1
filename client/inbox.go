package client

import (
	"context"
	"sync"
)

// inbox holds messages between the reader of the connection and Receive,
// bounded in bytes. It is safe for concurrent use; one goroutine at a time
// pushes.
type inbox struct {
	limit int
	// more and room carry one wake-up each: for a receiver and for the reader.
	more, room chan struct{}

	mu    sync.Mutex
	queue []Message
	bytes int
	// calls are waiting for an answer that comes behind the messages.
	calls int
	err   error // after the last message
}

func newInbox(limit int) *inbox {
	return &inbox{limit: limit, more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// push adds a message, and waits while there is no room. While calls wait for
// answers the limit is twice as high, because the one who calls may be the one
// who has to receive; past that it is ErrBacklog.
func (b *inbox) push(ctx context.Context, m Message) error {
	for {
		b.mu.Lock()
		// An empty inbox takes a message of any size.
		fits := b.bytes == 0 || b.bytes+len(m.Raw) <= b.limit
		if !fits && b.calls > 0 {
			if b.bytes+len(m.Raw) > 2*b.limit {
				b.mu.Unlock()
				return ErrBacklog
			}
			fits = true
		}
		if fits {
			b.queue = append(b.queue, m)
			b.bytes += len(m.Raw)
			b.mu.Unlock()
			wake(b.more)
			return nil
		}
		b.mu.Unlock()
		select {
		case <-b.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pop takes the oldest message. After finish it returns what is left, then the
// error.
func (b *inbox) pop(ctx context.Context) (Message, error) {
	for {
		b.mu.Lock()
		m, ok, err := b.takeLocked()
		again := len(b.queue) > 0 || b.err != nil
		b.mu.Unlock()
		if again {
			wake(b.more) // for another receiver
		}
		if ok {
			wake(b.room)
			return m, nil
		}
		if err != nil {
			return Message{}, err
		}
		select {
		case <-b.more:
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		}
	}
}

func (b *inbox) takeLocked() (m Message, ok bool, err error) {
	if len(b.queue) == 0 {
		return Message{}, false, b.err
	}
	m = b.queue[0]
	b.queue[0] = Message{}
	b.queue = b.queue[1:]
	if len(b.queue) == 0 {
		b.queue = nil
	}
	b.bytes -= len(m.Raw)
	return m, true, nil
}

// called counts a call that begins (1) or ends (-1) to wait.
func (b *inbox) called(n int) {
	b.mu.Lock()
	b.calls += n
	b.mu.Unlock()
	wake(b.room)
}

// finish lets receivers have what is left, and then err.
func (b *inbox) finish(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	wake(b.more)
}
