package echo

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/netpoll"
	"github.com/outcry-dev/outcry/internal/wire"
)

// peer is an upgraded connection on its way to a loop.
type peer struct {
	nc      net.Conn
	early   []byte // what came behind the request
	deflate wire.Deflate
}

// loop serves its conns one event after the other. All but take and end
// belongs to the goroutine of run.
type loop struct {
	server   *server
	poll     netpoll.Poller
	inflater *wire.Inflater // nil until a conn needs it

	conns   []*conn // by slot
	free    []uint32
	adds    uint32
	open    int
	leaving []*conn // by the time they may take; those gone may still be here

	mu    sync.Mutex
	peers []peer // newcomers
	ended bool
}

// take adds a newcomer, unless the loop has ended.
func (l *loop) take(p peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.peers = append(l.peers, p)
	l.poll.Wake()
	return true
}

// end has run close every conn and return.
func (l *loop) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.poll.Wake()
}

// arrivals returns the newcomers, and whether there will be no more.
func (l *loop) arrivals() (peers []peer, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	peers, l.peers = l.peers, nil
	return peers, l.ended
}

// run blocks until the loop has ended and every conn is closed.
func (l *loop) run() error {
	for {
		peers, ended := l.arrivals()
		for _, p := range peers {
			l.add(p)
		}
		if ended {
			l.closeAll()
			if l.open == 0 {
				return l.poll.Close()
			}
		}
		l.poll.Wait(l.deadline(), l.handle)
		l.expire()
	}
}

// add makes an upgraded connection one of the loop's.
func (l *loop) add(p peer) {
	slot := uint32(len(l.conns))
	if n := len(l.free); n > 0 {
		slot, l.free = l.free[n-1], l.free[:n-1]
	} else {
		l.conns = append(l.conns, nil)
	}
	l.adds++
	c := &conn{loop: l, token: netpoll.Token(slot)<<32 | netpoll.Token(l.adds), deflate: p.deflate}
	sock, err := l.poll.Add(p.nc, c.token)
	if err != nil {
		l.free = append(l.free, slot)
		l.server.Logger.Warn("taking over a connection", slog.String("error", err.Error()))
		_ = p.nc.Close()
		return
	}
	c.sock, l.conns[slot] = sock, c
	l.open++
	c.receive(p.early)
}

// remove forgets c, whose socket is closed.
func (l *loop) remove(c *conn) {
	slot := uint32(c.token >> 32)
	l.conns[slot] = nil
	l.free = append(l.free, slot)
	l.open--
}

func (l *loop) handle(ev netpoll.Event) {
	c := l.conns[ev.Token>>32]
	if c == nil || c.token != ev.Token {
		return
	}
	switch ev.Kind {
	case netpoll.Readable:
		c.receive(ev.Data)
	case netpoll.Writable:
		c.writable()
	case netpoll.Closed:
		if p, ok := errors.AsType[*netpoll.PanicError](ev.Err); ok {
			panic(fmt.Sprintf("in the driver: %v\n%s", p.Value, p.Stack))
		}
		c.leave(true)
	}
}

func (l *loop) closeAll() {
	for _, c := range l.conns {
		if c != nil {
			c.close(uint16(ws.StatusGoingAway), "the server is shutting down")
		}
	}
}

// deadline is when the first of the conns that are leaving has to be gone;
// zero without one.
func (l *loop) deadline() time.Time {
	for len(l.leaving) > 0 {
		if c := l.leaving[0]; !c.gone() {
			return c.until
		}
		l.leaving = l.leaving[1:]
	}
	return time.Time{}
}

// expire cuts those off whose time to leave is over.
func (l *loop) expire() {
	for until := l.deadline(); !until.IsZero() && !time.Now().Before(until); until = l.deadline() {
		l.leaving[0].leave(true)
	}
}
