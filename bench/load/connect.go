package load

import (
	"fmt"
	"time"
)

// inFlight is how many members connect at the same time.
const inFlight = 64

// Connect adds n members and returns when all are subscribed. An error says
// how far it came; what went wrong is among the Problems.
func (f *Fleet) Connect(n int, timeout time.Duration) error {
	first := len(f.members)
	f.members = append(f.members, make([]member, n)...)
	return f.bring(timeout, first, len(f.members))
}

// Return connects those again that are gone.
func (f *Fleet) Return(timeout time.Duration) error { return f.bring(timeout, 0, len(f.members)) }

// bring connects all of a range that are gone.
func (f *Fleet) bring(timeout time.Duration, next, end int) error {
	before, begun := f.live, 0
	trouble := f.trouble.count
	err := f.Run(timeout, func() bool {
		for ; next < end && begun-(f.live-before) < inFlight; next++ {
			if f.members[next].stage != stageGone {
				continue
			}
			begun++
			if err := f.connect(next); err != nil {
				f.trouble.add("client %d: %v", next, err)
			}
		}
		return f.trouble.count != trouble || next == end && f.live-before == begun
	})
	if err == nil && f.trouble.count != trouble {
		err = fmt.Errorf("%s", f.trouble.texts[len(f.trouble.texts)-1])
	}
	if err != nil {
		return fmt.Errorf("connecting clients: %d of %d are: %w", f.live, len(f.members), err)
	}
	return nil
}
