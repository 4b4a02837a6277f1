// Package roster keeps the connections that a hub has to close.
package roster

import "sync"

// Roster is the list of a hub's connections. It is safe for concurrent use;
// the zero value is empty and open.
type Roster[C comparable] struct {
	mu     sync.Mutex
	closed bool           // guarded by mu
	all    map[C]struct{} // guarded by mu
	gone   sync.WaitGroup
}

// Enter takes c in. It reports false after Close: then c is for the caller to
// close.
func (r *Roster[C]) Enter(c C) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.all == nil {
		r.all = map[C]struct{}{}
	}
	r.all[c] = struct{}{}
	r.gone.Add(1)
	return true
}

// Leave takes c out, once, when its goroutines are about to end.
func (r *Roster[C]) Leave(c C) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, c)
	r.gone.Done()
}

// Close lets nobody in any more, calls drop for everybody who is in, and waits
// until all have left. drop must not wait for that.
func (r *Roster[C]) Close(drop func(C)) {
	r.mu.Lock()
	r.closed = true
	all := make([]C, 0, len(r.all))
	for c := range r.all {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		drop(c)
	}
	r.gone.Wait()
}
