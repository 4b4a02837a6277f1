package outcry

import (
	"sync"
	"time"
)

// maxExecutors is how many serial executors run at once; the rest wait in
// order.
const maxExecutors = 1024

// executors runs what may block, off the Loops. Safe for concurrent use.
type executors struct {
	mu      sync.Mutex
	running int
	waiting []func()
	idle    chan struct{} // closed when nothing runs any more; nil while nobody waits for it
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
	go x.work(f)
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
		if x.running == 0 && x.idle != nil {
			close(x.idle)
			x.idle = nil
		}
		return nil
	}
	f := x.waiting[0]
	x.waiting[0] = nil
	x.waiting = x.waiting[1:]
	return f
}

// wait blocks until nothing runs, at most for d, and reports whether that came
// about. Others may call run meanwhile, which a sync.WaitGroup would not allow.
func (x *executors) wait(d time.Duration) bool {
	x.mu.Lock()
	if x.running > 0 && x.idle == nil {
		x.idle = make(chan struct{})
	}
	idle := x.idle
	x.mu.Unlock()
	if idle == nil {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}
