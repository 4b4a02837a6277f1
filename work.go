package outcry

import (
	"context"
	"log/slog"
	"slices"

	"github.com/outcry-dev/outcry/protocol"
)

// Bounds of the commands that wait for one client. At a bound its socket is
// not read.
const (
	maxBacklog      = 16
	maxBacklogBytes = 64 << 10
)

// outcome is what a job has to tell its Conn; it runs on the Loop.
type outcome func(c *conn)

// job is one command, or hook call, waiting for its turn. Exactly one of the
// two functions is set.
type job struct {
	// onLoop runs on the Loop and must not block.
	onLoop func(c *conn)
	// serial runs on the Conn's serial executor and must not touch the Conn.
	serial func(ctx context.Context, who *session) outcome
	// first puts the job before all that waits but others of its kind.
	first bool
	// barrier ends a batch: what follows needs the job's outcome.
	barrier bool
	// always has the outcome run even if the Conn is going.
	always bool
	hook   bool   // the call of a hook, which is made even if the Conn is going
	size   int    // bytes it counts for
	id     []byte // of the command, for the answer to a panic
}

// work is what waits and runs for one Conn, in order. Owned by the Loop; an
// executor only ever sees the jobs handed to it.
type work struct {
	queue   []job
	jobs    int // waiting and running
	bytes   int
	running bool
	holds   int    // subscriptions that wait for the broker
	saved   []byte // input that was read while paused
	cancel  context.CancelFunc
	last    func(ctx context.Context) // OnDisconnect
	probe   chan struct{}             // closed when the client is heard
}

func (w *work) full() bool { return w.jobs >= maxBacklog || w.bytes >= maxBacklogBytes }

func (w *work) busy() bool { return w.running || w.holds > 0 || len(w.queue) > 0 }

// needWork returns c's work, making it if there was none.
func (c *conn) needWork() *work {
	if c.work == nil {
		c.work = &work{}
	}
	return c.work
}

// freeWork drops the work if nothing is left of it.
func (c *conn) freeWork() {
	w := c.work
	if w != nil && !w.busy() && len(w.saved) == 0 && w.probe == nil && w.last == nil && !c.flags.has(flagPaused) {
		c.work = nil
	}
}

// do runs j when everything before it is done.
func (c *conn) do(j job) {
	if j.onLoop != nil && (c.work == nil || !c.work.busy()) {
		j.onLoop(c)
		return
	}
	w := c.needWork()
	w.queue = append(w.queue, j)
	w.jobs++
	w.bytes += j.size
	c.advance()
	c.adjustReading()
}

// doNext runs j before everything that waits, but behind what was put there
// before by doNext.
func (c *conn) doNext(j job) {
	w := c.needWork()
	j.first = true
	at := 0
	for at < len(w.queue) && w.queue[at].first {
		at++
	}
	w.queue = slices.Insert(w.queue, at, j)
	w.jobs++
	w.bytes += j.size
	c.advance()
	c.adjustReading()
}

// ready reports whether a job waits for nothing but its turn.
func (w *work) ready() bool { return !w.running && w.holds == 0 && len(w.queue) > 0 }

// advance starts what may start.
func (c *conn) advance() {
	for c.state < StateDisconnecting {
		w := c.work
		if w == nil || !w.ready() || c.repliesWait() {
			break
		}
		if j := w.queue[0]; j.onLoop != nil {
			w.queue = shift(w.queue, 1)
			w.forget(j)
			j.onLoop(c)
			continue
		}
		c.start(w.batch())
	}
	c.freeWork()
}

func (w *work) forget(j job) {
	w.jobs--
	w.bytes -= j.size
}

// shift drops the first n jobs and lets go of an array it no longer needs.
func shift(q []job, n int) []job {
	clear(q[:n])
	if n == len(q) {
		return nil
	}
	return q[n:]
}

// batch takes the serial jobs at the head of the queue.
func (w *work) batch() []job {
	n := 0
	for n < len(w.queue) && w.queue[n].serial != nil {
		n++
		if w.queue[n-1].barrier {
			break
		}
	}
	jobs := append([]job(nil), w.queue[:n]...)
	w.queue = shift(w.queue, n)
	return jobs
}

// start hands jobs to an executor.
func (c *conn) start(jobs []job) {
	n, who, l := c.loop.node, c.who, c.loop
	ctx, cancel := context.WithCancel(n.base())
	c.work.running, c.work.cancel = true, cancel
	n.executors.run(func() {
		defer cancel()
		for i, j := range jobs {
			result := n.perform(ctx, who, j)
			done := i == len(jobs)-1
			if !l.inbox.post(func(*loop) { c.performed(j, result, done) }) {
				return
			}
		}
	})
}

// perform runs one job; a panic costs that job only.
func (n *Node) perform(ctx context.Context, who *session, j job) (result outcome) {
	defer func() {
		if r := recover(); r != nil {
			p := caught(r)
			result = func(c *conn) {
				c.loop.notePanic("handler", p, slog.Any("conn", who))
				c.refuse(protocol.Errorf(protocol.CodeInternal, "internal error"), j.id)
			}
		}
	}()
	if ctx.Err() != nil && !j.hook {
		return nil
	}
	return j.serial(ctx, who)
}

// performed takes the outcome of a job on the Loop.
func (c *conn) performed(j job, result outcome, done bool) {
	defer c.loop.recoverConn(c)
	w := c.work
	w.forget(j)
	w.running = w.running && !done
	if c.state >= StateDisconnecting {
		if j.always && result != nil {
			result(c)
		}
		c.runLast()
		return
	}
	if result != nil {
		result(c)
	}
	c.advance()
	c.adjustReading()
}

// stopWork ends the work of a Conn that is going: commands that wait are
// dropped, hooks of what has happened are kept for whenIdle, what runs is told
// by its context.
func (c *conn) stopWork() {
	w := c.work
	if w == nil {
		return
	}
	w.queue = slices.DeleteFunc(w.queue, func(j job) bool { return !j.hook })
	w.saved = nil
	if w.cancel != nil {
		w.cancel()
	}
	if w.probe != nil {
		close(w.probe)
		w.probe = nil
	}
}

// whenIdle runs the hooks that are due, and last f, on an executor, once c's
// running jobs are done. f may be nil.
func (c *conn) whenIdle(f func(ctx context.Context)) {
	if f != nil {
		c.needWork().last = f
	}
	c.runLast()
}

func (c *conn) runLast() {
	w, n, l := c.work, c.loop.node, c.loop
	if w == nil || w.running {
		return
	}
	hooks, last, who := w.queue, w.last, c.who
	w.queue, w.last = nil, nil
	if last != nil {
		hooks = append(hooks, job{hook: true, serial: func(ctx context.Context, _ *session) outcome {
			last(ctx)
			return nil
		}})
	}
	if len(hooks) == 0 {
		return
	}
	n.executors.run(func() {
		for _, j := range hooks {
			if noted := n.perform(n.base(), who, j); noted != nil { // it panicked
				l.inbox.post(func(*loop) { noted(c) })
			}
		}
	})
}

// heard answers a probe of the directory.
func (c *conn) heard() {
	if c.work != nil && c.work.probe != nil {
		close(c.work.probe)
		c.work.probe = nil
		c.freeWork()
	}
}
