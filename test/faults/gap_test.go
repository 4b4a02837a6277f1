package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// publishRandom publishes message n with so many letters that hardly compress.
func (s *server) publishRandom(t *testing.T, random *rand.Rand, channel string, n, size int) {
	t.Helper()
	body := fmt.Sprintf(`{"channel":%q,"data":{"n":%d,"text":%q}}`, channel, n, payloadCanary+randomText(random, size))
	if err := s.call(t.Context(), http.MethodPost, "/api/v1/publish", body, nil); err != nil {
		t.Fatal(err)
	}
}

// TestGapsOfAllDialects covers case 60: whether messages come plain, compressed
// or in arrays, who stalls is told what he has lost and where, and the sum of it
// is what the server has counted.
func TestGapsOfAllDialects(t *testing.T) {
	const channel, messages, queue, size = "stall", 40, 5, 2000
	s := start(t, setup{flags: []string{
		compressing, fmt.Sprintf("--message-queue-size=%d", queue), "--socket-unsent=2048", "--write-timeout=2m",
	}})
	w := observe(t, s, "")
	f := converse(t, s, 10*len(dialects()), func(c *client) { c.narrow = true })
	f.subscribe(t, channel)
	for _, c := range f.clients {
		c.sleep()
	}
	random := rand.New(rand.NewPCG(3, 4))
	// A socket that has just taken something is given some time, so that a burst
	// would not be dropped.
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for n := 1; n <= messages; n++ {
		<-pace.C
		s.publishRandom(t, random, channel, n, size)
	}
	for _, c := range f.clients {
		c.wake()
	}
	f.reach(t, 20*time.Second, view{live: true, last: messages})
	told := 0
	for _, c := range f.clients {
		v := c.view()
		if v.lost == 0 {
			t.Errorf("%s has lost nothing: it did not stall", c.id)
		}
		told += v.lost
	}
	dropped := s.mustStats(t).Dropped - w.before.Dropped
	if told != dropped {
		t.Errorf("clients were told of %d lost messages, the server counts %d", told, dropped)
	}
	t.Logf("%d of %d lost", told, messages*len(f.clients))
	f.faultless(t)
	f.drop()
	w.settled(t)
}
