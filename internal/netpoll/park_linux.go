package netpoll

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// park is where a Loop waits: an epoll descriptor which is itself watched by
// the runtime's poller, so that the Loop's goroutine parks and blocks no
// thread. It belongs to the Loop but for wake.
//
// A timerfd inside it measures time to some 60 µs; the runtime's timers are
// late by up to a millisecond when the process is idle. It is edge-triggered
// and so need not be read.
type park struct {
	file  *os.File // of fd
	raw   syscall.RawConn
	fd    int
	timer int       // the timerfd
	armed time.Time // when it expires; zero once it has
	due   time.Time // end of the present await
	look  func(uintptr) bool

	rung atomic.Bool // a wake has not been answered: the file's read deadline has passed, or is about to

	batch [MaxEvents]unix.EpollEvent
	count int // events in batch
	next  int // first of them not handled yet
}

// timerSlack is how much later than asked for the timer may be left to expire.
// The Loop rounds to microseconds and computes one deadline in several ways.
const timerSlack = 2 * time.Microsecond

func newPark() (*park, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or os.NewFile would not watch it
		return nil, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	p := &park{file: os.NewFile(uintptr(fd), "epoll"), fd: fd}
	p.look = p.tryAwait
	p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("timerfd_create", err), p.file.Close())
	}
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// open connects the three parts.
func (p *park) open() error {
	if err := p.control(unix.EPOLL_CTL_ADD, p.timer, unix.EPOLLIN|unix.EPOLLET, timerMark); err != nil {
		return err
	}
	if err := p.file.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("watch the epoll descriptor: %w", err)
	}
	raw, err := p.file.SyscallConn()
	p.raw = raw
	return err
}

// control is epoll_ctl. The kernel hands mark back with every event of fd.
func (p *park) control(op, fd int, events uint32, mark uint64) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(mark >> 32), Pad: int32(mark)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, op, fd, &ev))
}

// markOf is the mark of an event.
func markOf(ev *unix.EpollEvent) uint64 { return uint64(uint32(ev.Fd))<<32 | uint64(uint32(ev.Pad)) }

// await fills batch. It blocks until there is an event or a wake, or the time
// is due; the zero time means no limit. It looks before it blocks.
func (p *park) await(due time.Time) {
	if !due.IsZero() && time.Until(due) <= 0 {
		p.take()
		return
	}
	p.due = due
	if err := p.raw.Read(p.look); errors.Is(err, os.ErrDeadlineExceeded) {
		p.answer()
		p.take()
	}
}

// tryAwait is called by the runtime before it parks the goroutine, and again
// whenever the epoll descriptor has become ready. It returns true to end await.
func (p *park) tryAwait(uintptr) bool {
	p.take()
	return p.count > 0 || !p.arm()
}

// take fills batch with what is ready now.
func (p *park) take() {
	p.next, p.count = 0, pollEvents(p.fd, p.batch[:])
	for i := range p.count {
		if markOf(&p.batch[i]) == timerMark {
			p.armed = time.Time{}
			p.count--
			p.batch[i] = p.batch[p.count]
			return
		}
	}
}

// arm sees to it that the timer expires no later than due; if it does so
// earlier, await arms it again. It reports false if due has come.
func (p *park) arm() bool {
	if p.due.IsZero() {
		return true
	}
	d := time.Until(p.due)
	if d <= 0 {
		return false
	}
	if !p.armed.IsZero() && p.armed.Before(p.due.Add(timerSlack)) {
		return true
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if unix.TimerfdSettime(p.timer, 0, &spec, nil) != nil {
		return false // cannot happen; a Loop that spins is better than one that sleeps on
	}
	p.armed = p.due
	return true
}

// wake ends the present or the next await that would block. It is safe for
// concurrent use, also with close and after it. To let a read deadline pass
// makes the Loop's goroutine runnable at once and without a system call; an
// eventfd would have to wait until the runtime polls, which with all threads
// busy it does every 10 ms.
func (p *park) wake() {
	if !p.rung.Swap(true) {
		// It fails only when the file is closed.
		_ = p.file.SetReadDeadline(time.Unix(1, 0))
	}
}

// answer makes way for the next wake. It must follow the passing of the read
// deadline, or the one it clears might not have been set yet.
func (p *park) answer() {
	// As in wake.
	_ = p.file.SetReadDeadline(time.Time{})
	p.rung.Swap(false) // not Store: what the wakers did before is seen after
}

func (p *park) close() error {
	return errors.Join(p.file.Close(), os.NewSyscallError("close", unix.Close(p.timer)))
}
