package load

import "time"

// pings is the closed loop of pings: every client sends the next one when it
// has the answer to the last.
type pings struct {
	frame []byte
	going bool
	due   int // answers
}

// StartPings has every subscribed member send a ping, and another one for each
// answer, until StopPings.
func (f *Fleet) StartPings() error {
	f.pings.going = true
	for i := range f.members {
		if m := &f.members[i]; m.stage == stageLive && !m.pinged {
			f.pings.due++
			if err := f.ping(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// StopPings waits for the answers that are due.
func (f *Fleet) StopPings(timeout time.Duration) error {
	f.pings.going = false
	return f.Run(timeout, func() bool { return f.pings.due == 0 })
}

// ping sends the next ping of a member, if there is to be one.
func (f *Fleet) ping(i int) error {
	m := &f.members[i]
	if !f.pings.going {
		f.pings.due--
		return nil
	}
	m.pinged = true
	return send(int(m.fd), f.pings.frame)
}
