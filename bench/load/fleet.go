package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"github.com/outcry-dev/outcry/bench/clock"
)

const (
	readSize    = 256 << 10 // bytes of one read
	eventCount  = 512       // events of one wait
	longestWait = 20 * time.Millisecond
	maxProblems = 10
	// maxLatency is the largest that is told from larger ones.
	maxLatency = time.Minute
)

// Options say whom a fleet talks to, and how.
type Options struct {
	Server  netip.AddrPort
	Phrases *Phrases
	// Channel returns what client i subscribes to.
	Channel func(i int) string
	// Token returns the credentials of client i; nil: there are none.
	Token func(i int) string
	// Query is put behind the path.
	Query string
	// Compress offers permessage-deflate.
	Compress bool
	// Late says that clients may subscribe when publishing has begun.
	Late bool
}

// Fleet is all clients of a server. It belongs to one goroutine, and clients
// read, and answer pings, only while one of its methods runs.
type Fleet struct {
	opt      Options
	clock    clock.Clock
	epoll    int
	members  []member
	live     int // members that are subscribed
	buf      []byte
	events   []unix.EpollEvent
	inflater inflater

	counts  Counts
	latency *hdrhistogram.Histogram
	pings   pings
	trouble trouble
}

// Counts is what a fleet has received since it began.
type Counts struct {
	Count
	Frames     int64 // data frames
	Bytes      int64 // of their payloads, as they came
	Compressed int64 // frames that came compressed
	Heartbeats int64
	Gaps       int64 // messages that say that others were dropped
	Pings      int64 // ping frames, each answered
	Pongs      int64 // answers to Ping
}

// trouble is what should not have happened.
type trouble struct {
	texts []string // the first ones
	count int
}

func (t *trouble) add(format string, args ...any) {
	t.count++
	if len(t.texts) < maxProblems {
		t.texts = append(t.texts, fmt.Sprintf(format, args...))
	}
}

// New returns a fleet without members.
func New(opt Options) (*Fleet, error) {
	c, err := clock.New()
	if err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	f := &Fleet{
		opt: opt, clock: c, epoll: epoll,
		buf: make([]byte, readSize), events: make([]unix.EpollEvent, eventCount),
		latency: hdrhistogram.New(1, int64(maxLatency), 3),
	}
	f.pings.frame = clientFrame(opText, opt.Phrases.Ping)
	return f, nil
}

// Close drops all members.
func (f *Fleet) Close() error {
	for i := range f.members {
		f.Drop(i)
	}
	return os.NewSyscallError("close", unix.Close(f.epoll))
}

// Counts returns what has been received so far.
func (f *Fleet) Counts() Counts { return f.counts }

// Latency is how long publications were on their way, in nanoseconds. The
// caller may reset it.
func (f *Fleet) Latency() *hdrhistogram.Histogram { return f.latency }

// Live is the number of members that are subscribed.
func (f *Fleet) Live() int { return f.live }

// Problems says what went wrong so far, publications included.
func (f *Fleet) Problems() []string {
	problems := f.counts.Problems()
	if n := f.counts.Gaps; n > 0 {
		problems = append(problems, fmt.Sprintf("%d times the server told a client that it was too slow", n))
	}
	problems = append(problems, f.trouble.texts...)
	if n := f.trouble.count - len(f.trouble.texts); n > 0 {
		problems = append(problems, fmt.Sprintf("and %d more", n))
	}
	return problems
}

// Behind is the number of subscribed members whose last publication was not
// that of number last.
func (f *Fleet) Behind(last func(channel string) uint32) int {
	n := 0
	for i := range f.members {
		if m := &f.members[i]; m.stage == stageLive && m.seq.Last() != last(f.opt.Channel(i)) {
			n++
		}
	}
	return n
}

// errTimeout is what Run returns when the time is over.
var errTimeout = errors.New("timeout")

// Run has the clients read until done, which is asked after every turn, or the
// timeout: an error.
func (f *Fleet) Run(timeout time.Duration, done func() bool) error {
	deadline := time.Now().Add(timeout)
	for !done() {
		left := time.Until(deadline)
		if left <= 0 {
			return errTimeout
		}
		if err := f.turn(min(left, longestWait)); err != nil {
			return err
		}
	}
	return nil
}

// Rest has the clients read for a while.
func (f *Fleet) Rest(d time.Duration) error {
	err := f.Run(d, func() bool { return false })
	if errors.Is(err, errTimeout) {
		return nil
	}
	return err
}

// turn waits for events and handles them.
func (f *Fleet) turn(wait time.Duration) error {
	n, err := unix.EpollWait(f.epoll, f.events, int((wait+time.Millisecond-1)/time.Millisecond))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return os.NewSyscallError("epoll_wait", err)
	}
	for i := range max(0, n) {
		e := &f.events[i]
		f.serve(int(e.Fd), e.Events)
	}
	return nil
}

// serve handles what has happened to a member. An error ends its connection,
// and is a problem.
func (f *Fleet) serve(i int, events uint32) {
	m := &f.members[i]
	if m.stage == stageGone {
		return
	}
	var err error
	if m.stage == stageConnecting {
		err = f.introduce(i)
	} else if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		err = f.read(i)
	}
	if err != nil {
		f.trouble.add("client %d: %v", i, err)
		f.Drop(i)
	}
}
