package outcry

// queue is a first-in, first-out list. What was taken is cut off in bulk, so
// that neither end costs more than an append. The zero value is empty.
type queue[T any] struct {
	items []T
	head  int // index of the first
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

func (q *queue[T]) push(v T) {
	if q.head > 0 && q.head >= len(q.items)/2 && len(q.items) == cap(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

// first returns the first without taking it. There must be one.
func (q *queue[T]) first() T { return q.items[q.head] }

// pop takes the first. There must be one.
func (q *queue[T]) pop() T {
	var none T
	v := q.items[q.head]
	q.items[q.head] = none
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return v
}
