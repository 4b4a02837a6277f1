package conformance

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestInterleaved covers case 23: messages of several connections, compressed
// and in fragments, arrive in turns and are not mixed up.
func TestInterleaved(t *testing.T) {
	const peers, fragments = 10, 12
	over(t, func(t *testing.T, s *server) {
		random := newRandom(5)
		clients, messages, frames := make([]*client, peers), make([]message, peers), make([][][]byte, peers)
		for i := range peers {
			clients[i] = s.dial(t, deflateName)
			content := corpora()[i%len(corpora())]
			messages[i] = message{content.op, content.make(random, 5000)}
			sent := packed(messages[i].payload)
			frames[i] = split(content.op, rsv1, sent, len(sent)/fragments+1)
		}
		for n := range fragments {
			for i, c := range clients {
				if n < len(frames[i]) {
					says := fmt.Sprint(n)
					c.send(t, ping(says), frames[i][n])
					c.want(t, message{opPong, says}) // and so the server has read what was before it
				}
			}
		}
		for i, c := range clients {
			c.want(t, messages[i])
		}
	})
}

// TestCrowd covers case 24 for the echo: a hundred connections at once, half of
// them with compression, each of another window, get the same octets for the
// same messages.
func TestCrowd(t *testing.T) {
	const peers, rounds = 100, 40 / slowness
	over(t, func(t *testing.T, s *server) {
		random := newRandom(6)
		var messages []message
		for i := range rounds {
			content := corpora()[i%len(corpora())]
			messages = append(messages, message{content.op, content.make(random, 1+random.IntN(2000))})
		}
		errs := make([]error, peers)
		var group sync.WaitGroup
		for i := range peers {
			group.Go(func() {
				offer := ""
				if i%2 == 0 {
					offer = fmt.Sprintf("%s; server_max_window_bits=%d", deflateName, 9+i/2%7)
				}
				errs[i] = converse(s.address, offer, messages)
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
}

// converse has messages echoed on a connection of its own.
func converse(address, offer string, messages []message) error {
	c, err := dial(address, offer)
	if err != nil {
		return err
	}
	defer c.Close()
	z := newPacker(maxBits)
	for i, m := range messages {
		f := frame{op: m.op, payload: m.payload}
		if c.agreed.deflate && i%2 == 0 {
			f.rsv, f.payload = rsv1, z.pack(m.payload)
		}
		if _, err := c.Write(f.bytes()); err != nil {
			return err
		}
		if got, err := c.next(); err != nil || got != m {
			return fmt.Errorf("offer %q, message %d: got %v, %w, want %v", offer, i, got, err, m)
		}
	}
	return nil
}
