package worker

import (
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// seed makes the exponential intervals the same for every server and round.
const seed = 20260120

// schedule yields the moments of a plan, one after the other. It belongs to one
// goroutine.
type schedule struct {
	timer   *os.File   // of fd
	fd      int        // a timerfd
	expired [8]byte    // what is read from it
	start   int64      // CLOCK_MONOTONIC, nanoseconds
	mean    float64    // nanoseconds between moments
	at      float64    // of the next moment, since start
	random  *rand.Rand // nil: even intervals
}

// newSchedule makes the schedule of a plan, which starts at start. The caller
// closes it.
//
// It waits on a timerfd through the runtime's poller: as precise as the kernel,
// where the runtime's own timers round to a millisecond, and like the network
// event that a publication follows in a real service. It costs every server
// the same.
func newSchedule(p *Plan, start int64) (*schedule, error) {
	if p.Rate <= 0 {
		return nil, fmt.Errorf("rate %v: must be more than 0", p.Rate)
	}
	s := &schedule{start: start, mean: float64(time.Second) / p.Rate}
	switch p.Arrival {
	case Steady, "":
	case Poisson:
		s.random = rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // it has to be repeatable
	default:
		return nil, fmt.Errorf("arrival %q: allowed are %q and %q", p.Arrival, Steady, Poisson)
	}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	s.fd, s.timer = fd, os.NewFile(uintptr(fd), "timerfd")
	return s, nil
}

// Close frees the timer.
func (s *schedule) Close() error { return s.timer.Close() }

// next blocks until the next moment, and returns it.
func (s *schedule) next(now func() int64) (due int64, err error) {
	due = s.start + int64(s.at)
	if s.random != nil {
		s.at += s.mean * s.random.ExpFloat64()
	} else {
		s.at += s.mean
	}
	for now() < due {
		if err := s.sleep(due); err != nil {
			return due, err
		}
	}
	return due, nil
}

// sleep blocks until a moment.
func (s *schedule) sleep(until int64) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(until)}
	if err := unix.TimerfdSettime(s.fd, unix.TFD_TIMER_ABSTIME, &spec, nil); err != nil {
		return os.NewSyscallError("timerfd_settime", err)
	}
	_, err := s.timer.Read(s.expired[:])
	return err
}
