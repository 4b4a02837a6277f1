package netpoll

import "testing"

// newOf returns a constructor of Pollers with the given driver.
func newOf(t *testing.T, d Driver) func() Poller {
	t.Helper()
	return func() Poller {
		p, err := New(Options{Unsent: 16 << 10, Driver: d})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func TestEpoll(t *testing.T) {
	for name, l := range map[string]link{"tcp": tcpLink(), "unix": unixLink()} {
		t.Run(name, func(t *testing.T) { testDriver(t, newOf(t, EpollOnly), l) })
	}
}
