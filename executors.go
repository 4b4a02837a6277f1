package outcry

import "sync"

// maxExecutors is how many serial executors run at once; the rest wait in
// order.
const maxExecutors = 1024

// executors runs what may block, off the Loops. Safe for concurrent use.
type executors struct {
	mu      sync.Mutex
	running int
	waiting []func()
	group   sync.WaitGroup
}

// run has f run on a goroutine. It does not block. f recovers its own panics.
func (x *executors) run(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running >= maxExecutors {
		x.waiting = append(x.waiting, f)
		return
	}
	x.running++
	x.group.Go(func() { x.work(f) })
}

// work runs f and then what waits.
func (x *executors) work(f func()) {
	for f != nil {
		f()
		f = x.next()
	}
}

func (x *executors) next() func() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.waiting) == 0 {
		x.running--
		x.waiting = nil
		return nil
	}
	f := x.waiting[0]
	x.waiting[0] = nil
	x.waiting = x.waiting[1:]
	return f
}

// wait blocks until nothing runs.
func (x *executors) wait() { x.group.Wait() }
