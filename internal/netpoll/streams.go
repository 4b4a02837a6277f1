package netpoll

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Streams is the goroutine driver: it carries any net.Conn. Each connection
// has one goroutine that reads and, at the end, closes it; a second exists
// while a Send is being written. They hand what happened to the Loop through
// a list under a mutex. Concurrency is that of Poller.
type Streams struct {
	unsent  int
	buffers buffers
	wake    chan struct{} // holds at most one token
	timer   *time.Timer   // of Wait, stopped between calls
	relay   atomic.Pointer[func()]

	batch []notice // the Loop's: notices taken from ready
	next  int      // the Loop's: first of batch not handled yet

	mu     sync.Mutex // guards what follows and what the streams say it guards
	ready  []notice
	open   map[*stream]struct{} // streams whose goroutine runs
	closed bool

	running sync.WaitGroup // every goroutine of the driver
}

var _ Poller = (*Streams)(nil)

// notice is an event on its way to the Loop. A stream has at most one of each
// kind under way, so their number is bounded by that of the connections.
type notice struct {
	s    *stream
	kind Kind
}

// NewStreams returns a driver without connections. Under testing/synctest it
// must be called inside the bubble.
func NewStreams(opt Options) *Streams {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &Streams{
		unsent: opt.Unsent,
		wake:   make(chan struct{}, 1),
		timer:  t,
		open:   make(map[*stream]struct{}),
	}
}

// Wait implements Poller.
func (p *Streams) Wait(until time.Time, handle func(Event)) {
	if p.next == len(p.batch) {
		p.collect(until)
	}
	p.dispatch(MaxEvents, handle)
}

// look is Wait with at most limit events and without blocking. It returns how
// many notices it went through.
func (p *Streams) look(limit int, handle func(Event)) int {
	if p.next == len(p.batch) && !p.swap() {
		return 0
	}
	return p.dispatch(limit, handle)
}

// dispatch goes through the batch. A notice is counted off before it is
// handled, so that a panic in handle does not bring it back.
func (p *Streams) dispatch(limit int, handle func(Event)) int {
	start := p.next
	for end := min(start+limit, len(p.batch)); p.next < end; {
		n := p.batch[p.next]
		p.batch[p.next] = notice{}
		p.next++
		n.s.deliver(n.kind, handle)
	}
	return p.next - start
}

// collect fills batch, and blocks for something to fill it with unless there
// was a Wake.
func (p *Streams) collect(until time.Time) {
	woken := false
	select {
	case <-p.wake: // before the swap, or a later notice would lose its token
		woken = true
	default:
	}
	if p.swap() || woken {
		return
	}
	p.sleep(until)
	p.swap()
}

// swap makes ready the new batch and reports whether it has anything in it.
func (p *Streams) swap() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batch, p.ready = p.ready, p.batch[:0]
	p.next = 0
	return len(p.batch) > 0
}

// sleep blocks until there is a wake token, which it takes, or the time is
// until.
func (p *Streams) sleep(until time.Time) {
	if until.IsZero() {
		<-p.wake
		return
	}
	d := time.Until(until)
	if d <= 0 {
		return
	}
	p.timer.Reset(d)
	select {
	case <-p.wake:
		p.timer.Stop()
	case <-p.timer.C:
	}
}

// Wake implements Poller.
func (p *Streams) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
	if wake := p.relay.Load(); wake != nil {
		(*wake)()
	}
}

// relayTo passes every present and later Wake on, for a Loop that waits
// elsewhere from now on.
func (p *Streams) relayTo(wake func()) {
	p.relay.Store(&wake)
	wake() // one that has looked at relay already is answered by this
}

// postLocked lists a notice. The caller calls Wake after it has unlocked.
func (p *Streams) postLocked(s *stream, kind Kind) {
	p.ready = append(p.ready, notice{s, kind})
}

// Add implements Poller. It clears conn's deadlines.
func (p *Streams) Add(conn net.Conn, token Token) (Socket, error) {
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("clear deadlines: %w", err)
	}
	if err := limitUnsent(conn, p.unsent); err != nil {
		return nil, fmt.Errorf("limit unsent bytes: %w", err)
	}
	s := newStream(p, conn, token)

	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.open[s] = struct{}{}
	}
	p.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("add connection: %w", net.ErrClosed)
	}
	p.running.Add(1)
	go s.run()
	return s, nil
}

// Close implements Poller. It must not be called by a handler.
func (p *Streams) Close() error {
	p.cut()
	p.running.Wait()
	return nil
}

// cut refuses further connections and cuts those that are open; what lingers
// ends by itself.
func (p *Streams) cut() {
	p.mu.Lock()
	p.closed = true
	all := slices.Collect(maps.Keys(p.open))
	p.mu.Unlock()
	for _, s := range all {
		if s.phase == open {
			s.Close(true)
		}
	}
}
