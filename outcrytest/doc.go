// Package outcrytest holds the contracts of outcry.Broker and outcry.Presence
// as test suites: an implementation that passes them can be put into
// outcry.Config. The memory twins and every other implementation run the same
// suites.
//
//	func TestBroker(t *testing.T) {
//		outcrytest.Broker(t, func(t *testing.T) outcry.Broker { return newBroker(t) })
//	}
package outcrytest

import (
	"context"
	"testing"
	"time"
)

// patience is how long the suites wait for what an implementation may do
// later.
const patience = 10 * time.Second

// eventually polls for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatalf("not within %v: %s", patience, what)
		}
		wait(ctx)
	}
}

// wait lets a moment pass, less if ctx ends.
func wait(ctx context.Context) {
	moment := time.NewTimer(time.Millisecond)
	defer moment.Stop()
	select {
	case <-moment.C:
	case <-ctx.Done():
	}
}
