// Package clock is a clock that all processes of one machine share.
package clock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Clock reads CLOCK_MONOTONIC. Its methods may be called by many goroutines.
type Clock struct {
	base  time.Time
	nanos int64 // CLOCK_MONOTONIC at base
}

// New returns a Clock.
func New() (Clock, error) {
	var t unix.Timespec
	base := time.Now()
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return Clock{}, fmt.Errorf("reading the monotonic clock: %w", err)
	}
	return Clock{base: base, nanos: t.Nano()}, nil
}

// Now returns the nanoseconds since the machine started. The runtime reads the
// same clock without a system call.
func (c Clock) Now() int64 { return c.nanos + int64(time.Since(c.base)) }
