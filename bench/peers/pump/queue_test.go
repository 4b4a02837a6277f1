package pump

import (
	"slices"
	"sync"
	"testing"
)

func TestQueue(t *testing.T) {
	q := NewQueue[int](2)
	for i, want := range []bool{true, true, false} {
		if got := q.Push(i); got != want {
			t.Errorf("push %d: got %t, want %t", i, got, want)
		}
	}
	<-q.Wake()
	first := q.Take(nil)
	if want := []int{0, 1}; !slices.Equal(first, want) {
		t.Errorf("got %d, want %d", first, want)
	}
	q.Push(3)
	<-q.Wake()
	if got, want := q.Take(first), []int{3}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	select {
	case <-q.Wake():
		t.Error("woken without need")
	default:
	}
}

// All that is pushed is taken, in the order of each pusher.
func TestQueueConcurrently(t *testing.T) {
	const pushers, each = 4, 1000
	q := NewQueue[[2]int](pushers * each)
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			for i := range each {
				q.Push([2]int{p, i})
			}
		})
	}
	var next [pushers]int
	var batch [][2]int
	for taken := 0; taken < pushers*each; taken += len(batch) {
		<-q.Wake()
		batch = q.Take(batch)
		for _, v := range batch {
			if p, got := v[0], v[1]; got != next[p] {
				t.Fatalf("pusher %d: got %d, want %d", p, got, next[p])
			}
			next[v[0]]++
		}
	}
	wg.Wait()
}
