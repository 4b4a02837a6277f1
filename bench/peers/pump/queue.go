package pump

import "sync"

// maxKept is how many items the memory that an idle queue keeps may hold.
const maxKept = 64

// Queue is what waits for one connection's writer. It is safe for concurrent
// use by any number of pushers and one taker. Unlike a buffered channel it
// takes hardly any memory while nothing waits.
type Queue[T any] struct {
	wake chan struct{} // holds one: something waits
	max  int

	mu      sync.Mutex
	waiting []T // guarded by mu
}

// NewQueue returns a queue of at most max items.
func NewQueue[T any](maxItems int) *Queue[T] {
	return &Queue[T]{wake: make(chan struct{}, 1), max: maxItems}
}

// Push appends v. It never blocks: it reports false where the queue is full.
func (q *Queue[T]) Push(v T) bool {
	q.mu.Lock()
	if len(q.waiting) == q.max {
		q.mu.Unlock()
		return false
	}
	q.waiting = append(q.waiting, v)
	first := len(q.waiting) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// Wake receives after the first Push since the last Take.
func (q *Queue[T]) Wake() <-chan struct{} { return q.wake }

// Take returns all that waits, in order. free is what the Take before returned
// and its caller has done with: the queue uses its memory again.
func (q *Queue[T]) Take(free []T) []T {
	clear(free)
	if cap(free) > maxKept {
		free = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting = free[:0]
	return taken
}
