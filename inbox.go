package outcry

import "sync"

// inbox is where other goroutines leave work for a Loop. The control lane is
// drained first; its senders never wait, and each has at most one request
// outstanding, which bounds it. The publication lane is bounded by the node's
// credits. Safe for concurrent use.
type inbox struct {
	wake     func()
	mu       sync.Mutex
	control  []func(*loop)
	pubs     []*Publication
	sleeping bool
	closed   bool
}

// post leaves a task for the Loop's control lane. It reports false when the
// Loop has ended and the task will never run.
func (b *inbox) post(task func(*loop)) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.control = append(b.control, task)
	b.wakeLocked()
	b.mu.Unlock()
	return true
}

// publish leaves a publication.
func (b *inbox) publish(p *Publication) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		p.finish()
		return
	}
	b.pubs = append(b.pubs, p)
	b.wakeLocked()
	b.mu.Unlock()
}

// wakeLocked wakes the Loop if it sleeps; a busy one looks by itself.
func (b *inbox) wakeLocked() {
	if b.sleeping {
		b.sleeping = false
		b.wake()
	}
}

// takeControl swaps the control lane for an empty slice.
func (b *inbox) takeControl(spare []func(*loop)) []func(*loop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tasks := b.control
	b.control = spare
	return tasks
}

// takePublications swaps the publication lane for an empty slice.
func (b *inbox) takePublications(spare []*Publication) []*Publication {
	b.mu.Lock()
	defer b.mu.Unlock()
	pubs := b.pubs
	b.pubs = spare
	return pubs
}

// sleep marks the Loop as sleeping, unless there is work.
func (b *inbox) sleep() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sleeping = len(b.control) == 0 && len(b.pubs) == 0
	return b.sleeping
}

// awake undoes sleep.
func (b *inbox) awake() {
	b.mu.Lock()
	b.sleeping = false
	b.mu.Unlock()
}

// close refuses further tasks and returns what was left.
func (b *inbox) close() ([]func(*loop), []*Publication) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.control, b.pubs
}
