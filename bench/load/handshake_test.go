package load

import "testing"

func TestParseAnswer(t *testing.T) {
	const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	const deflate = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	cases := []struct {
		name, answer string
		compress     bool
		size         int
		fails        bool
	}{
		{"plain", switching + "\r\n", false, len(switching) + 2, false},
		{"a frame behind it", switching + "\r\n\x81\x00", false, len(switching) + 2, false},
		{"not complete", switching, false, 0, false},
		{"refused", "HTTP/1.1 503 Service Unavailable\r\n\r\n", false, 0, true},
		{"compressed", switching + deflate + "\r\n", true, len(switching) + len(deflate) + 2, false},
		{"offer declined", switching + "\r\n", true, 0, true},
		{"compressed though not asked", switching + deflate + "\r\n", false, 0, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			size, err := parseAnswer([]byte(c.answer), c.compress)
			if size != c.size || (err != nil) != c.fails {
				t.Errorf("got size %d, error %v", size, err)
			}
		})
	}
}
