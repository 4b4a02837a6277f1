package conformance

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// patience bounds everything that one connection does.
const patience = 30 * time.Second

// client is a WebSocket client that sends what it is told to, right or wrong,
// and is strict about what it gets. One goroutine may send while another
// receives.
type client struct {
	net.Conn
	in     *bufio.Reader
	agreed agreement
}

// message is what a peer says: a data message, inflated if need be, or a control
// frame.
type message struct {
	op      opcode
	payload string
}

func (m message) String() string {
	return fmt.Sprintf("opcode %d, %d bytes: %.60q", m.op, len(m.payload), m.payload)
}

// dial connects. A non-empty offer is the value of Sec-WebSocket-Extensions.
func dial(address, offer string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := newClient(conn)
	if err := c.open(offer); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

func newClient(conn net.Conn) *client { return &client{Conn: conn, in: bufio.NewReader(conn)} }

func (c *client) open(offer string) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var header []string
	if offer != "" {
		header = append(header, "Sec-WebSocket-Extensions: "+offer)
	}
	status, extensions, err := c.handshake(header...)
	if err != nil {
		return err
	}
	if status != http.StatusSwitchingProtocols {
		return fmt.Errorf("handshake: status %d", status)
	}
	c.agreed, err = agree(offer, extensions)
	return err
}

const (
	nonce = "dGhlIHNhbXBsZSBub25jZQ=="
	guid  = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455 section 1.3
)

// handshake asks for an upgrade, with further header lines, and checks that a
// response which grants it does so by RFC 6455 section 4.
func (c *client) handshake(lines ...string) (status int, extensions []string, err error) {
	request := "GET /echo HTTP/1.1\r\nHost: " + c.RemoteAddr().String() + "\r\nUpgrade: websocket\r\n" +
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + nonce + "\r\n"
	for _, line := range lines {
		request += line + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() // without effect on an upgraded connection
	if response.StatusCode != http.StatusSwitchingProtocols {
		return response.StatusCode, nil, nil
	}
	sum := sha1.Sum([]byte(nonce + guid))
	for name, want := range map[string]string{
		"Upgrade":              "websocket",
		"Connection":           "upgrade",
		"Sec-WebSocket-Accept": base64.StdEncoding.EncodeToString(sum[:]),
	} {
		// Of the three only the last tells upper from lower case.
		got := response.Header.Values(name)
		if len(got) != 1 || got[0] != want && (name == "Sec-WebSocket-Accept" || !strings.EqualFold(got[0], want)) {
			return 0, nil, fmt.Errorf("handshake: %s: %q, want %q", name, got, want)
		}
	}
	return response.StatusCode, response.Header.Values("Sec-WebSocket-Extensions"), nil
}

// send writes frames at once.
func (c *client) send(t *testing.T, frames ...[]byte) {
	t.Helper()
	if _, err := c.Write(join(frames)); err != nil {
		t.Fatal(err)
	}
}

// join is the concatenation of frames.
func join(frames [][]byte) (all []byte) {
	for _, f := range frames {
		all = append(all, f...)
	}
	return all
}

// stream writes pieces one after the other on a goroutine, until the server
// has enough of them. Whether it got what it needed is for the reader to say.
func (c *client) stream(pieces [][]byte) {
	go func() {
		for _, p := range pieces {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	}()
}

// next returns the next message or control frame. A server may fragment its
// messages; ours has no reason to.
func (c *client) next() (m message, err error) {
	f, err := readFrame(c.in)
	if err != nil {
		return message{}, err
	}
	m = message{f.op, f.payload}
	packed := f.rsv == rsv1 && c.agreed.deflate && !f.op.control()
	switch {
	case f.rsv != 0 && !packed:
		return m, fmt.Errorf("a frame of opcode %d with the reserved bits %03b", f.op, f.rsv)
	case f.open || f.op == opContinuation:
		return m, fmt.Errorf("a fragment, opcode %d", f.op)
	case packed:
		m.payload, err = c.agreed.inflate(f.payload)
	}
	if err == nil && m.op == opText && !utf8.ValidString(m.payload) {
		err = errors.New("text that is not UTF-8")
	}
	return m, err
}

// reset has Close send RST.
func (c *client) reset(t *testing.T) {
	t.Helper()
	if err := c.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
}

// want fails the test unless the server's next message is m.
func (c *client) want(t *testing.T, m message) {
	t.Helper()
	got, err := c.next()
	switch {
	case err != nil:
		t.Fatalf("got %v, want %v", err, m)
	case got != m:
		t.Fatalf("got %v, want %v", got, m)
	}
}

// wantClose fails the test unless a Close frame comes next, with a code, or
// without one for noCode, and then the end of the connection; RFC 6455 sections
// 5.5.1 and 7.1.1.
func (c *client) wantClose(t *testing.T, code uint16) {
	t.Helper()
	m, err := c.next()
	switch {
	case err != nil:
		t.Fatalf("got %v, want to be closed with %d", err, code)
	case m.op != opClose:
		t.Fatalf("got %v, want to be closed with %d", m, code)
	case code == noCode && m.payload == "":
	case len(m.payload) < 2 || m.payload[:2] != closeBody(code, ""):
		t.Fatalf("closed with % x, want %d", m.payload, code)
	case !utf8.ValidString(m.payload[2:]):
		t.Errorf("the reason %q is not UTF-8", m.payload[2:])
	}
	if n, err := io.Copy(io.Discard, c.in); err != nil || n > 0 {
		t.Errorf("after the Close frame: %d bytes, %v", n, err)
	}
}
