package outcry

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// No more executors run than allowed; the rest wait in order, and none is
// forgotten.
func TestExecutors(t *testing.T) {
	const jobs = maxExecutors + 76
	synctest.Test(t, func(t *testing.T) {
		var x executors
		var mu sync.Mutex
		var began []int
		release := make(chan struct{})
		for i := range jobs {
			x.run(func() {
				mu.Lock()
				began = append(began, i)
				mu.Unlock()
				<-release
			})
		}
		synctest.Wait()
		if len(began) != maxExecutors {
			t.Errorf("%d run at once, want %d", len(began), maxExecutors)
		}
		for i := maxExecutors; i < jobs; i++ {
			release <- struct{}{}
			synctest.Wait()
			if len(began) != i+1 || began[i] != i {
				t.Fatalf("job %d did not begin when one had ended", i)
			}
		}
		if x.wait(time.Second) {
			t.Error("wait did not wait")
		}
		close(release)
		if !x.wait(time.Second) {
			t.Error("wait did not see the end")
		}
		slices.Sort(began)
		if len(slices.Compact(began)) != jobs {
			t.Errorf("%d different jobs ran, want %d", len(slices.Compact(began)), jobs)
		}
		if x.running != 0 || len(x.waiting) != 0 {
			t.Errorf("%d running, %d waiting", x.running, len(x.waiting))
		}
	})
}

// wait may be called while others still hand in work, and again.
func TestExecutorsWait(t *testing.T) {
	var x executors
	if !x.wait(0) {
		t.Error("nothing runs")
	}
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for range 2000 {
				x.run(func() {})
			}
		})
	}
	for range 2000 {
		x.wait(patience)
	}
	busy.Wait()
	x.wait(patience)
	if x.running != 0 {
		t.Errorf("%d running", x.running)
	}
}
