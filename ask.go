package outcry

import (
	"context"
	"time"
)

// askWait is how long the Loops may take to answer.
const askWait = time.Second

// ask runs f on every Loop and returns the answers that came within askWait;
// with ErrUnavailable where some did not. It must not be called on a Loop.
func ask[T any](ctx context.Context, n *Node, f func(*loop) T) ([]T, error) {
	if !n.running.Load() {
		return nil, ErrNotRunning
	}
	answers := make(chan T, len(n.loops))
	asked := 0
	for _, l := range n.loops {
		if l.inbox.post(func(l *loop) { answers <- f(l) }) {
			asked++
		}
	}
	return collect(ctx, answers, asked)
}

// askOne is ask for the Loop of one Conn. A panic of f costs that Conn; the
// answer then is ErrUnavailable.
func askOne[T any](ctx context.Context, c *conn, f func() T) (T, error) {
	answer := make(chan T, 1)
	var zero T
	if !c.loop.inbox.post(func(l *loop) {
		defer close(answer)
		l.guard(c, func() { answer <- f() })
	}) {
		return zero, ErrNotRunning
	}
	got, err := collect(ctx, answer, 1)
	if err != nil {
		return zero, err
	}
	return got[0], nil
}

// collect gathers so many answers. ErrUnavailable: they did not come within
// askWait, or the channel was closed.
func collect[T any](ctx context.Context, answers <-chan T, want int) ([]T, error) {
	timer := time.NewTimer(askWait)
	defer timer.Stop()
	got := make([]T, 0, want)
	for len(got) < want {
		select {
		case a, ok := <-answers:
			if !ok {
				return got, ErrUnavailable
			}
			got = append(got, a)
		case <-timer.C:
			return got, ErrUnavailable
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
	return got, nil
}

// withClient runs f on the Loop of a client of this node. ErrNotFound: there is
// none, or f says so by false.
func (n *Node) withClient(ctx context.Context, clientID string, f func(c *conn) bool) error {
	c := n.ids.find(clientID)
	if c == nil {
		return ErrNotFound
	}
	found, err := askOne(ctx, c, func() bool { return f(c) })
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// eachOf runs f for every connected Conn of a user, on its Loop, and returns
// for how many.
func (n *Node) eachOf(ctx context.Context, userID string, f func(c *conn)) (int, error) {
	counts, err := ask(ctx, n, func(l *loop) int {
		t := l.hub.topics[prefixUser+userID]
		if t == nil {
			return 0
		}
		conns := make([]*conn, len(t.members))
		for i, m := range t.members {
			conns[i] = m.c
		}
		for _, c := range conns {
			l.guard(c, func() { f(c) })
		}
		return len(conns)
	})
	total := 0
	for _, c := range counts {
		total += c
	}
	return total, err
}
