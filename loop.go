package outcry

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// loop is an event loop. It alone reads, parses, subscribes, queues and writes
// for its Conns, so that none of it takes a lock. Everything in a loop and in
// its Conns belongs to the goroutine of run; others use inbox. Nothing in a
// Loop may block.
type loop struct {
	node   *Node
	index  int
	poll   netpoll.Poller
	handle func(netpoll.Event) // onEvent; to make it anew for each Wait would allocate
	inbox  inbox
	table  connTable
	hub    hub
	wheel  wheel
	clock
	flushing
	scratches
	count counters
	ended bool
}

// clock is the time of the present turn.
type clock struct {
	now       millis
	nowMicros uint32
	wall      time.Time
	stale     bool // the Loop may have slept since
}

// flushing is what waits to be written.
type flushing struct {
	urgent, dirty queue[*conn]
	waiting       queue[held] // the next end of a flush window comes first
}

// scratches are buffers a Loop uses again and again.
type scratches struct {
	scratch  []byte
	picks    []pick
	matches  []*topic
	stamp    uint32
	tasks    []func(*loop) // of the control lane, taken; from nextTask on they are to be run
	nextTask int
	pubs     []*Publication // of the publication lane, likewise
	nextPub  int
	spares   spares
	cmd      protocol.Command // the one being served
	reply    []byte           // that is being encoded
	beat     []byte           // the heartbeat of this tick
	array    []byte           // of batched
	inflater *wire.Inflater   // nil until it is needed
	beatAt   millis
}

// counters are a Loop's share of Stats.
type counters struct {
	sent, received, errors, dropped, panics uint64
	accepted                                uint64
}

func newLoop(n *Node, index int) (*loop, error) {
	l := &loop{node: n, index: index}
	poll, err := netpoll.New(netpoll.Options{Unsent: max(0, n.cfg.Queue.SocketUnsent), Driver: n.cfg.Transport.driver()})
	if err != nil {
		return nil, fmt.Errorf("loop %d: %w", index, err)
	}
	l.poll, l.handle = poll, l.onEvent
	l.inbox.wake = l.poll.Wake
	l.scratch = make([]byte, 0, flushChunk)
	l.reset()
	l.tick()
	return l, nil
}

// reset makes the Loop empty.
func (l *loop) reset() {
	l.hub = hub{
		topics: make(map[string]*topic), joiners: make(map[*topic][]joiner),
		awaited: make(map[*topic]struct{}), joining: make(map[*topic]int),
	}
	l.table = connTable{gens: l.table.gens}
	l.wheel = wheel{cursor: l.now &^ (wheelTick - 1)}
	l.flushing = flushing{}
}

// run is the Loop's goroutine. It returns when end has been posted. A panic
// that no Conn's event caused closes the Loop's Conns with 1012 and starts it
// again, empty.
func (l *loop) run() {
	for !l.ended {
		l.runGuarded()
	}
	tasks, pubs := l.inbox.close()
	for _, task := range append(l.tasks[l.nextTask:], tasks...) {
		l.attempt(func() { task(l) })
	}
	for _, p := range append(l.pubs[l.nextPub:], pubs...) {
		p.finish()
	}
	if err := l.poll.Close(); err != nil {
		l.node.log.Warn("closing the poller", slog.Int("loop", l.index), errAttr(err))
	}
}

func (l *loop) runGuarded() {
	defer func() {
		if r := recover(); r != nil {
			l.notePanic("loop", caught(r))
			l.restart()
		}
	}()
	for !l.ended {
		l.turn()
	}
}

// restart drops every Conn and begins anew.
func (l *loop) restart() {
	for _, c := range l.table.all() {
		if !l.attempt(func() { c.close(protocol.CloseRestart, "restart") }) ||
			!l.attempt(func() { c.abandon(protocol.CloseRestart) }) {
			l.scrap(c)
		}
	}
	for name := range l.hub.topics {
		if !internal(name) && !isPattern(name) {
			l.attempt(func() { l.node.cfg.Broker.Leave(name) })
		}
	}
	l.node.interest.forget(l.index)
	l.reset()
}

// turn is one round: control lane, sockets, publication lane (queues only),
// timers, then flushing.
func (l *loop) turn() {
	l.runControl()
	if l.ended {
		return
	}
	l.wait()
	l.runPublications()
	l.runTimers()
	l.releaseWaiting()
	l.flushAll()
}

// wait handles socket events; it sleeps only if there is nothing else to do.
func (l *loop) wait() {
	until := l.wall // past: look, do not sleep
	switch {
	case l.urgent.len()+l.dirty.len() > 0:
		runtime.Gosched()
	case l.nextPub < len(l.pubs): // left by a panic
	case l.inbox.sleep():
		until = l.sleepUntil()
	}
	l.stale = true
	l.poll.Wait(until, l.handle)
	l.inbox.awake()
	l.tick()
}

// sleepUntil is when the next timer or flush window is due.
func (l *loop) sleepUntil() time.Time {
	until := l.wall.Add(time.Minute)
	if at, ok := l.wheel.next(); ok {
		until = earlier(until, l.node.start.Add(l.since(at)))
	}
	if l.waiting.len() > 0 {
		ahead := time.Duration(int32(l.waiting.first().until - l.nowMicros))
		until = earlier(until, l.wall.Add(ahead*time.Microsecond))
	}
	return until
}

// since turns a time of the wheel into a duration from the node's start; the
// wrap of millis is undone by means of the present.
func (l *loop) since(at millis) time.Duration {
	return l.wall.Sub(l.node.start).Truncate(time.Millisecond) + time.Duration(int32(at-l.now))*time.Millisecond
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// tick reads the clock.
func (l *loop) tick() {
	l.wall, l.stale = time.Now(), false
	d := l.wall.Sub(l.node.start)
	l.now = millis(uint64(d.Milliseconds()))
	l.nowMicros = uint32(uint64(d.Microseconds()))
}

// yield lets others run and looks at control tasks and sockets between two
// slices of flushing.
func (l *loop) yield() {
	runtime.Gosched()
	l.runControl()
	l.poll.Wait(l.wall, l.handle)
	l.tick()
}

// runControl runs the tasks of the control lane, those first that a panic may
// have left.
func (l *loop) runControl() {
	if l.nextTask == len(l.tasks) {
		l.tasks, l.nextTask = l.inbox.takeControl(l.tasks[:0]), 0
	}
	for l.nextTask < len(l.tasks) {
		task := l.tasks[l.nextTask]
		l.tasks[l.nextTask] = nil
		l.nextTask++
		task(l)
	}
}

// runPublications is runControl for the publication lane.
func (l *loop) runPublications() {
	if l.nextPub == len(l.pubs) {
		l.pubs, l.nextPub = l.inbox.takePublications(l.pubs[:0]), 0
	}
	for l.nextPub < len(l.pubs) {
		p := l.pubs[l.nextPub]
		l.pubs[l.nextPub] = nil
		l.nextPub++
		l.deliver(p)
	}
}

func (l *loop) runTimers() {
	l.wheel.advance(l.now, l.fire)
	l.spares.trim(l.now)
}

func (l *loop) fire(c *conn) { l.guard(c, c.onTimer) }

// onEvent handles one socket event.
func (l *loop) onEvent(ev netpoll.Event) {
	if l.stale {
		l.tick() // what the client sent, it sent now and not when the Loop went to sleep
	}
	c := l.table.find(ev.Token)
	if c == nil {
		return
	}
	defer l.recoverConn(c)
	switch ev.Kind {
	case netpoll.Readable:
		c.receive(ev.Data)
	case netpoll.Writable:
		c.writable()
	case netpoll.Closed:
		c.broken(ev.Err)
	}
}

// guard runs something for c; a panic costs that Conn only.
func (l *loop) guard(c *conn, f func()) {
	defer l.recoverConn(c)
	f()
}

func (l *loop) recoverConn(c *conn) {
	if r := recover(); r != nil {
		l.notePanic("connection", caught(r), slog.Any("conn", c.who))
		if c.state >= StateDisconnecting || !l.attempt(func() { c.close(protocol.CloseInternal, "internal error") }) {
			l.scrap(c)
		}
	}
}

// attempt runs clean-up that must not fail a second time. It reports whether
// there was no panic.
func (l *loop) attempt(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			l.notePanic("clean-up", caught(r))
		}
	}()
	f()
	return true
}

// scrap gets rid of a Conn whose orderly end has panicked.
func (l *loop) scrap(c *conn) {
	l.attempt(func() { l.node.giveBack(c) })
	c.detachAll()
	l.attempt(c.leave)
	if c.sock != nil {
		l.attempt(func() { c.sock.Close(true) })
	}
}

// panicked is what a panic left.
type panicked struct{ value, stack string }

// caught describes what recover returned. It must be called by the deferred
// function itself, or the stack is not that of the panic.
func caught(r any) panicked { return panicked{fmt.Sprint(r), string(debug.Stack())} }

func (l *loop) notePanic(where string, p panicked, attrs ...slog.Attr) {
	l.count.panics++
	attrs = append(attrs, slog.String("where", where), slog.String("panic", p.value), slog.String("stack", p.stack))
	l.node.log.LogAttrs(context.Background(), slog.LevelError, "panic recovered", attrs...)
}

func (l *loop) countReply(m message) {
	if isError(m) {
		l.count.errors++
	}
}

// LogValue implements slog.LogValuer.
func (s *session) LogValue() slog.Value {
	if s == nil {
		return slog.StringValue("unauthenticated")
	}
	return slog.GroupValue(slog.String("client_id", s.clientID), slog.String("user_id", s.userID()), slog.String("remote", s.remote))
}
