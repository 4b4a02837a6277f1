package hub

import (
	"slices"
	"strconv"
	"sync"
	"testing"
)

func TestTopics(t *testing.T) {
	var topics Topics[int]
	topics.Add("a", 1)
	topics.Add("a", 2)
	topics.Add("a", 2)
	topics.Add("b", 3)
	before := topics.Subscribers("a")
	topics.Remove("a", 1)
	topics.Remove("a", 9)
	topics.Remove("nowhere", 1)
	slices.Sort(before)
	if !slices.Equal(before, []int{1, 2}) {
		t.Errorf("a had %v", before)
	}
	if got := topics.Subscribers("a"); !slices.Equal(got, []int{2}) {
		t.Errorf("a has %v", got)
	}
	topics.Remove("a", 2)
	if got := topics.Subscribers("a"); got != nil {
		t.Errorf("a has %v", got)
	}
}

// Topics is safe for concurrent use.
func TestTopicsConcurrently(t *testing.T) {
	var topics Topics[int]
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				channel := strconv.Itoa(j % 5)
				topics.Add(channel, i)
				topics.Subscribers(channel)
				topics.Remove(channel, i)
			}
		})
	}
	wg.Wait()
	if got := topics.Subscribers("0"); got != nil {
		t.Errorf("left: %v", got)
	}
}
