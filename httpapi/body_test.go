package httpapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outcry-dev/outcry"
)

// TestBodyKind is case 97: wrong type, gzip bomb.
func TestBodyKind(t *testing.T) {
	s := start(t, nil)
	const good = `{"channel":"c","data":1}`
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	tests := []struct {
		name, body string
		header     []string
		status     int
		text       string
	}{
		{"charset", good, []string{"Content-Type", "application/json; charset=UTF-8"}, 200, ""},
		{"identity", good, []string{"Content-Encoding", "identity"}, 200, ""},
		{"no type", good, []string{"Content-Type", ""}, 415, "the body has no Content-Type; send Content-Type: application/json"},
		{"form", good, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, `Content-Type \"application/x-www-form-urlencoded\" is not supported`},
		{"text", good, []string{"Content-Type", "text/plain"}, 415, "is not supported"},
		{"malformed type", good, []string{"Content-Type", "application/json; ;"}, 415, "is not supported"},
		{"latin 1", good, []string{"Content-Type", "application/json; charset=latin1"}, 415, `charset \"latin1\" is not supported; send UTF-8`},
		{"gzip bomb", bomb.String(), []string{"Content-Encoding", "gzip"}, 415, `Content-Encoding \"gzip\" is not supported; send the body uncompressed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := s.call("POST", "/api/v1/publish", tt.body, tt.header...)
			if a.StatusCode != tt.status || !strings.Contains(a.body, tt.text) {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
		})
	}
}

// TestBodySize is case 97: 100 MB, announced and not announced.
func TestBodySize(t *testing.T) {
	s := start(t, nil)
	const limit = defaultMaxBody
	t.Run("announced", func(t *testing.T) {
		status, body := s.wire("POST /api/v1/publish HTTP/1.1\r\nHost: h\r\nX-API-Key: " + testKey +
			"\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n")
		if status != 413 || !strings.Contains(body, fmt.Sprint(limit)) {
			t.Errorf("got %d %s", status, body)
		}
	})
	t.Run("chunked", func(t *testing.T) {
		status, body := s.wire("POST /api/v1/publish HTTP/1.1\r\nHost: h\r\nX-API-Key: " + testKey +
			"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s", limit+1, strings.Repeat(" ", limit+1)))
		if status != 413 {
			t.Errorf("got %d %s", status, body)
		}
	})
	t.Run("a batch may be larger", func(t *testing.T) {
		items := strings.TrimSuffix(strings.Repeat(`{"channel":"c","data":"`+strings.Repeat("x", 200_000)+`"},`, 10), ",")
		s.want(200, "", "POST", "/api/v1/publish/batch", `{"messages":[`+items+`]}`)
	})
	t.Run("cut off", func(t *testing.T) {
		conn := s.dial()
		_, _ = fmt.Fprintf(conn, "POST /api/v1/publish HTTP/1.1\r\nHost: h\r\nX-API-Key: %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{", testKey)
		_ = conn.(*net.TCPConn).CloseWrite()
		if status, body := s.read(conn); status != 400 || !strings.Contains(body, "ended early") {
			t.Errorf("got %d %s", status, body)
		}
	})
}

// TestBodySlow is case 97: a body that does not arrive is given up, with and
// without a key, and one that does is not given up later.
func TestBodySlow(t *testing.T) {
	s := start(t, func(_ *outcry.Config, c *Config) { c.BodyTimeout = 100 * time.Millisecond })
	head := "POST /api/v1/publish HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
	if status, body := s.wire(head + "X-API-Key: " + testKey + "\r\n\r\n{"); status != 408 || !strings.Contains(body, `"timeout"`) {
		t.Errorf("stalled body: got %d %s", status, body)
	}
	if status, body := s.wire(head + "\r\n{"); status != 401 {
		t.Errorf("stalled body without a key: got %d %s", status, body)
	}
	t.Run("one byte after the other", func(t *testing.T) {
		conn := s.dial()
		_, _ = conn.Write([]byte(head + "X-API-Key: " + testKey + "\r\n\r\n"))
		answered := make(chan struct{})
		go func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range 100 {
				select {
				case <-answered:
					return
				case <-tick.C:
					_, _ = conn.Write([]byte(" "))
				}
			}
		}()
		defer close(answered)
		if status, body := s.read(conn); status != 408 {
			t.Errorf("got %d %s", status, body)
		}
	})
}

// wire sends bytes on a connection of its own and reads the answer, after
// which the server has to close.
func (s *server) wire(request string) (status int, body string) {
	s.t.Helper()
	conn := s.dial()
	go func() { _, _ = conn.Write([]byte(request)) }()
	return s.read(conn)
}

func (s *server) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func (s *server) read(conn net.Conn) (status int, body string) {
	s.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatalf("read answer: %v", err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		s.t.Errorf("read body: %v", err)
	}
	if !res.Close {
		s.t.Errorf("the connection stays open after %d %s", res.StatusCode, text.String())
	}
	s.doc.validate(s.t, "/components/schemas/Error", text.String())
	return res.StatusCode, text.String()
}
