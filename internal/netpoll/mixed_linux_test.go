package netpoll

import "testing"

func TestMixed(t *testing.T) {
	links := map[string]link{
		"tcp":  tcpLink(),
		"unix": unixLink(),
		"tls":  tlsLink(t, tcpLink()),
		"pipe": pipeLink(),
	}
	for name, l := range links {
		t.Run(name, func(t *testing.T) { testDriver(t, newOf(t, Auto), l) })
	}
}
