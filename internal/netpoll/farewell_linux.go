package netpoll

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// farewells are the sockets of an Epoll that linger. Each is a farewell with a
// number; all last equally long, so that they end in the order of numbers.
// The zero value is empty.
type farewells struct {
	queue []farewell
	head  int    // the first that lasts
	past  uint64 // number of queue[0]
}

// farewell is one lingering socket.
type farewell struct {
	s   *descriptor // nil once it is over
	end time.Time
}

// spareFarewells bounds the room that is kept once there are none.
const spareFarewells = 256

// add lets s linger.
func (f *farewells) add(s *descriptor) {
	s.mark = farewellMark | (f.past + uint64(len(f.queue)))
	s.state |= parting
	s.room = LingerBytes - 1
	s.asked = watched | inputs
	if s.p.park.control(unix.EPOLL_CTL_MOD, int(s.fd), s.asked.events(), s.mark) != nil {
		s.release()
		return
	}
	f.queue = append(f.queue, farewell{s, time.Now().Add(LingerTime)})
}

// receive discards input of the socket with the given number, and ends its
// farewell if that was the last.
func (f *farewells) receive(number uint64, buf []byte) {
	if number-f.past >= uint64(len(f.queue)) {
		return
	}
	s := f.queue[number-f.past].s
	if s == nil {
		return
	}
	n, err := receiveNow(int(s.fd), buf)
	if errors.Is(err, errAgain) {
		return
	}
	if err != nil || n == 0 || n > int(s.room) {
		f.strike(s)
		s.release()
		return
	}
	s.room -= uint16(n)
}

// strike takes s off the list.
func (f *farewells) strike(s *descriptor) { f.queue[s.mark&^farewellMark-f.past].s = nil }

// any reports whether there are farewells.
func (f *farewells) any() bool {
	for f.head < len(f.queue) && f.queue[f.head].s == nil {
		f.head++
	}
	switch {
	case f.head == len(f.queue):
		f.past += uint64(len(f.queue))
		f.queue, f.head = f.queue[:0], 0
		if cap(f.queue) > spareFarewells {
			f.queue = nil
		}
		return false
	case f.head > len(f.queue)/2:
		f.past += uint64(f.head)
		n := copy(f.queue, f.queue[f.head:])
		clear(f.queue[n:])
		f.queue, f.head = f.queue[:n], 0
	}
	return true
}

// earlier returns until, or the end of the first farewell if that is earlier.
// The zero time is later than all others.
func (f *farewells) earlier(until time.Time) time.Time {
	if f.any() && (until.IsZero() || f.queue[f.head].end.Before(until)) {
		return f.queue[f.head].end
	}
	return until
}

// expire closes the sockets that have lingered for long enough.
func (f *farewells) expire() {
	if !f.any() {
		return
	}
	for now := time.Now(); f.any() && !f.queue[f.head].end.After(now); {
		s := f.queue[f.head].s
		f.strike(s)
		s.release()
	}
}
