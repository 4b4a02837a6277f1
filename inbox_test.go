package outcry

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestInboxOrder(t *testing.T) {
	wakes := 0
	b := inbox{wake: func() { wakes++ }}
	var ran []int
	for i := range 3 {
		b.post(func(*loop) { ran = append(ran, i) })
	}
	if wakes != 0 {
		t.Errorf("%d wakes of a Loop that did not sleep", wakes)
	}
	if b.sleep() {
		t.Error("sleeps on work")
	}
	for _, task := range b.takeControl(nil) {
		task(nil)
	}
	if len(ran) != 3 || ran[0] != 0 || ran[2] != 2 {
		t.Errorf("ran %v", ran)
	}
	if !b.sleep() {
		t.Error("does not sleep without work")
	}
	b.post(func(*loop) {})
	b.publish(publication("x", `{}`))
	if wakes != 1 {
		t.Errorf("%d wakes, want 1", wakes)
	}
	b.awake()
	if pubs := b.takePublications(nil); len(pubs) != 1 || pubs[0].Channel != "x" {
		t.Errorf("publications %v", pubs)
	}
}

// A Loop that has ended takes nothing, and publications for it give their
// credit back.
func TestInboxClosed(t *testing.T) {
	var b inbox
	left := publication("x", `{}`)
	b.post(func(*loop) {})
	b.publish(left)
	tasks, pubs := b.close()
	if len(tasks) != 1 || len(pubs) != 1 || pubs[0] != left {
		t.Fatalf("left %d tasks, %v", len(tasks), pubs)
	}
	if b.post(func(*loop) {}) {
		t.Error("post after close")
	}
	done := false
	late := publication("x", `{}`)
	late.done = func(*Publication) { done = true }
	b.publish(late)
	if !done {
		t.Error("a publication for a closed inbox is not finished")
	}
}

// Every task that post has accepted is taken or left by close, however the
// two race.
func TestInboxConcurrent(t *testing.T) {
	var b inbox
	b.wake = func() {}
	var accepted, ran atomic.Int64
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for range 1000 {
				if b.post(func(*loop) { ran.Add(1) }) {
					accepted.Add(1)
				}
			}
		})
	}
	var spare []func(*loop)
	for range 200 {
		spare = b.takeControl(spare[:0])
		for _, task := range spare {
			task(nil)
		}
		b.sleep()
	}
	tasks, _ := b.close()
	for _, task := range tasks {
		task(nil)
	}
	senders.Wait()
	if accepted.Load() != ran.Load() {
		t.Errorf("%d accepted, %d ran", accepted.Load(), ran.Load())
	}
}
