package netpoll

func newAuto(opt Options) Poller { return NewMixed(opt) }

func newEpoll(opt Options) (Poller, error) {
	p, err := NewEpoll(opt)
	if err != nil {
		return nil, err // not p, or the interface would not be nil
	}
	return p, nil
}
