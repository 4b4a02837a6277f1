package conformance

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestOffers covers case 6: of the offers the first that is sound is accepted,
// the others are passed over, and none of them breaks the handshake. What is
// accepted works.
func TestOffers(t *testing.T) {
	const noTakeover = "; server_no_context_takeover; client_no_context_takeover"
	bad := deflateName + "; server_max_window_bits=7"
	list := []struct {
		name   string
		offers []string // header lines
		accept bool
	}{
		{"none", nil, false},
		{"another extension", []string{"x-webkit-deflate-frame"}, false},
		{"plain", []string{deflateName}, true},
		{"upper case", []string{"Permessage-Deflate"}, false}, // names are tokens, compared as they are
		{"bits 7", []string{bad}, false},
		{"bits 16", []string{deflateName + "; server_max_window_bits=16"}, false},
		{"bits -1", []string{deflateName + "; server_max_window_bits=-1"}, false},
		{"bits 10^20", []string{deflateName + "; server_max_window_bits=100000000000000000000"}, false},
		{"bits 010", []string{deflateName + "; server_max_window_bits=010"}, false},
		{"bits empty", []string{deflateName + "; server_max_window_bits="}, false},
		{"bits missing", []string{deflateName + "; server_max_window_bits"}, false},
		{"bits quoted", []string{deflateName + `; server_max_window_bits="10"`}, true},
		{"client bits 7", []string{deflateName + "; client_max_window_bits=7"}, false},
		{"client bits 16", []string{deflateName + "; client_max_window_bits=16"}, false},
		{"client bits -1", []string{deflateName + "; client_max_window_bits=-1"}, false},
		{"client bits 10^20", []string{deflateName + `; client_max_window_bits="100000000000000000000"`}, false},
		{"client bits 8", []string{deflateName + "; client_max_window_bits=8"}, true},
		{"a value for server_no_context_takeover", []string{deflateName + "; server_no_context_takeover=1"}, false},
		{"a value for client_no_context_takeover", []string{deflateName + "; client_no_context_takeover=true"}, false},
		{"a parameter twice", []string{deflateName + "; client_max_window_bits; client_max_window_bits=10"}, false},
		{"a parameter thrice", []string{deflateName + noTakeover + noTakeover + noTakeover}, false},
		{"unknown parameter", []string{deflateName + "; make_me_a_sandwich"}, false},
		{"prototype", []string{deflateName + "; constructor; __proto__=x"}, false},
		{"unclosed quote", []string{deflateName + `; server_max_window_bits="10`}, false},
		{"not ASCII", []string{deflateName + "; sérver_max_window_bits=10"}, false},
		{"semicolon behind", []string{deflateName + ";"}, false},
		{"commas", []string{",,,"}, false},
		{"bad, then good", []string{bad + ", " + deflateName}, true},
		{"bad, then good, in two lines", []string{bad, deflateName}, true},
		{"another, then good", []string{`foo; a="x, y; \"z\""; b, ` + deflateName}, true},
		{"200 bad ones", []string{strings.Repeat(bad+", ", 199) + bad}, false},
		{"200, the last good", []string{strings.Repeat(bad+", ", 199) + deflateName}, true},
		{"200 good ones", []string{strings.Repeat(deflateName+", ", 199) + deflateName}, true},
		{"200 lines", append(strings.Split(strings.Repeat(bad+"|", 199), "|")[:199], deflateName), true},
		{"1,000 parameters", []string{deflateName + strings.Repeat("; client_max_window_bits", 1000)}, false},
	}
	over(t, func(t *testing.T, s *server) {
		for _, x := range list {
			t.Run(x.name, func(t *testing.T) { offer(t, s, x.offers, x.accept) })
		}
	})
}

// offer shakes hands with offers, in a line each, and tries what was agreed.
func offer(t *testing.T, s *server, offers []string, accept bool) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.address, patience)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(conn)
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, o := range offers {
		lines = append(lines, "Sec-WebSocket-Extensions: "+o)
	}
	status, extensions, err := c.handshake(lines...)
	if err != nil || status != http.StatusSwitchingProtocols {
		t.Fatalf("status %d, %v, want %d", status, err, http.StatusSwitchingProtocols)
	}
	if c.agreed, err = agree(strings.Join(offers, ", "), extensions); err != nil {
		t.Fatal(err)
	}
	if c.agreed.deflate != accept {
		t.Fatalf("accepted: %q, want: %v", extensions, accept)
	}
	m := message{opText, strings.Repeat(fmt.Sprint(offers), 5)}
	if m.payload = strings.ToValidUTF8(m.payload, "?"); accept {
		c.send(t, whole(opText, rsv1, newPacker(c.agreed.ours).pack(m.payload))...)
	} else {
		c.send(t, text(m.payload))
	}
	c.want(t, m)
}
