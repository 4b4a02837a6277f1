package outcry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// Node is one process's engine: an http.Handler for WebSocket connections, and
// the door to everything that is published. It owns every goroutine it starts;
// Run waits for them. It is safe for concurrent use.
type Node struct {
	cfg         Config
	log         *slog.Logger
	start       time.Time
	limits      limits
	rules       ruleSet
	routes      map[string]route
	loops       []*loop
	allLoops    uint64
	interest    *interest
	ids         *directory
	groups      *groups
	credits     *credits
	compression *compression
	executors   executors
	census
	phase
}

// census counts what is not counted by Loops.
type census struct {
	active, unauthenticated atomic.Int64
	next                    atomic.Int64
	panics                  atomic.Int64
}

// phase is how far the node's life has gone.
type phase struct {
	running, draining atomic.Bool
	started           atomic.Bool
	mu                sync.Mutex
	brokerErr         error           // guarded by mu
	work              context.Context //nolint:containedctx // the parent of all executor contexts, ended by Run
	stopWork          context.CancelFunc
	ring              *logRing
}

// New validates cfg and returns a Node that admits nobody until Run. It starts
// no goroutine.
func New(cfg Config) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("outcry: %w", err)
	}
	cfg = cfg.withDefaults()
	n := &Node{
		cfg: cfg, start: time.Now(), limits: newLimits(cfg.Timing), rules: ruleSet{cfg.Rules},
		routes: builtinRoutes(&cfg.Hooks), interest: newInterest(), ids: newDirectory(), groups: newGroups(),
		credits: newCredits(cfg.Queue), compression: newCompression(cfg.Compression),
	}
	n.brokerErr = errors.New("broker: not started")
	n.ring = newLogRing(cfg.Logger.Handler())
	n.log = slog.New(n.ring).With(slog.String("node", cfg.NodeName))
	n.work, n.stopWork = context.WithCancel(context.Background())
	return n, nil
}

// Handle registers a custom message type. It must be called before Run, and
// panics on an empty, built-in or doubled type.
func (n *Node) Handle(msgType string, h Handler) {
	if n.started.Load() {
		panic("outcry: Handle(" + msgType + ") after Run")
	}
	if _, ok := n.routes[msgType]; ok || msgType == "" || h == nil {
		panic(fmt.Sprintf("outcry: Handle(%q): the type is empty, taken or without a handler", msgType))
	}
	n.routes[msgType] = custom(h)
}

// Name returns the node's name.
func (n *Node) Name() string { return n.cfg.NodeName }

// Ready returns nil when the node admits clients and its broker serves, else
// why not. It does not block.
func (n *Node) Ready() error {
	switch {
	case n.draining.Load():
		return ErrDraining
	case !n.running.Load():
		return ErrNotRunning
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.brokerErr
}

// Run starts the Loops and blocks until ctx has ended and every connection has
// been drained, for at most Timing.DrainTimeout and a few seconds. While
// connections are left, publishing goes on. Handlers and hooks that do not heed
// their contexts, and a Logger that is stuck, are left behind. It may be called
// once.
func (n *Node) Run(ctx context.Context) error {
	if n.started.Swap(true) {
		return errors.New("outcry: Run called twice")
	}
	n.start = time.Now()
	if err := n.makeLoops(); err != nil {
		return fmt.Errorf("outcry: %w", err)
	}
	defer n.stopWork()
	logged := make(chan struct{})
	go func() { defer close(logged); n.ring.drain() }()
	var loops, broker sync.WaitGroup
	for _, l := range n.loops {
		loops.Go(l.run)
	}
	brokerCtx, stopBroker := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBroker()
	var brokerErr error
	broker.Go(func() { brokerErr = n.runBroker(brokerCtx) })
	n.running.Store(true)

	<-ctx.Done()
	n.drain()
	n.cutAll(ctx)
	ended := n.endWork() // hooks of the last connections may still publish
	n.running.Store(false)
	n.endLoops()
	loops.Wait()
	if ended {
		n.endWork() // what the Loops' last tasks started
	}
	stopBroker()
	broker.Wait()
	n.ring.close()
	select {
	case <-logged:
	case <-time.After(endWait): // nobody reads the log
	}
	return brokerErr
}

// makeLoops makes the Loops, all or none.
func (n *Node) makeLoops() error {
	for i := range n.cfg.Loops {
		l, err := newLoop(n, i)
		if err != nil {
			for _, l := range n.loops {
				err = errors.Join(err, l.poll.Close())
			}
			n.loops = nil
			return err
		}
		n.loops = append(n.loops, l)
		n.allLoops |= 1 << i
	}
	return nil
}

// endWait is how long handlers and hooks may take when the last connection has
// gone, how long after that their contexts have ended, and how long the log.
const endWait = time.Second

// endWork waits for handlers and hooks. It reports false if some do not heed
// their contexts; they are left behind.
func (n *Node) endWork() bool {
	if n.executors.wait(endWait) {
		return true
	}
	n.stopWork()
	if n.executors.wait(endWait) {
		return true
	}
	n.log.Warn("handlers or hooks do not end")
	return false
}

// runBroker runs the broker; a panic in it is an error of Run.
func (n *Node) runBroker(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			n.panics.Add(1)
			err = fmt.Errorf("outcry: broker panicked: %v", r)
			n.setReady(err)
		}
	}()
	err = n.cfg.Broker.Run(ctx, sink{n})
	if ctx.Err() == nil {
		n.setReady(fmt.Errorf("broker ended: %w", errors.Join(err, ErrUnavailable)))
		n.log.Error("broker ended", errAttr(err))
	}
	return err
}

// sink is the node as its broker sees it.
type sink struct{ n *Node }

// Deliver implements Sink.
func (s sink) Deliver(p *Publication) { s.n.fanOut(p) }

// Ready implements Sink.
func (s sink) Ready(err error) { s.n.setReady(err) }

func (n *Node) setReady(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.brokerErr = err
}

// base is the context of everything executors do.
func (n *Node) base() context.Context { return n.work }

// cutAll ends the connections that are left, and waits until their last hooks
// have been handed to executors.
func (n *Node) cutAll(ctx context.Context) {
	for _, l := range n.loops {
		l.inbox.post(func(l *loop) {
			for _, c := range l.table.all() {
				c.abandon(protocol.CloseGoingAway)
			}
		})
	}
	// A Loop that does not answer in time is not waited for.
	_, _ = ask(context.WithoutCancel(ctx), n, func(*loop) struct{} { return struct{}{} })
}

// endLoops has every Loop return. What was still being upgraded is cut.
func (n *Node) endLoops() {
	for _, l := range n.loops {
		l.inbox.post(func(l *loop) { l.ended = true })
	}
}
