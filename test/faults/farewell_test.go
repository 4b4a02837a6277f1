package faults

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// TestFarewellInBroadcast covers case 59: while large messages are broadcast,
// hundreds close in every way there is, most of them in the middle of a frame
// that they do not read. All are free within seconds, and those who stay miss
// nothing.
func TestFarewellInBroadcast(t *testing.T) {
	const channel, leaving, staying, size = "farewell", 300, 60, 30_000
	s := start(t, setup{flags: []string{compressing, "--socket-unsent=2048", "--write-timeout=1m"}})
	w := observe(t, s, "")
	stay := converse(t, s, staying, func(c *client) { c.id = "staying-" + c.id })
	stay.subscribe(t, channel)
	leave := converse(t, s, leaving, func(c *client) { c.narrow = c.index%2 == 0 })
	leave.subscribe(t, channel)
	for _, c := range leave.clients {
		c.sleep()
	}
	random := rand.New(rand.NewPCG(7, 8))
	n := 0
	broadcast := func(count int) {
		for range count {
			n++
			s.publishRandom(t, random, channel, n, size)
		}
	}
	broadcast(5)
	left := make(chan error)
	go func() {
		left <- leave.each(func(c *client) error {
			switch c.index / 2 % 3 {
			case 0: // says goodbye and waits, without reading, for what never comes
				return c.leave()
			case 1: // says goodbye and is gone
				err := c.leave()
				c.drop()
				return err
			default:
				c.drop()
				return nil
			}
		})
	}()
	broadcast(10)
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	process.Eventually(t, 5*time.Second, func() error {
		if got := s.mustStats(t).Active - w.before.Active; got != staying {
			return fmt.Errorf("%d connections, want %d", got, staying)
		}
		return nil
	})
	t.Logf("all gone after %v", time.Since(began))
	broadcast(1)
	stay.reach(t, 20*time.Second, view{live: true, last: n})
	stay.faultless(t)
	leave.drop()
	stay.drop()
	w.settled(t)
}
