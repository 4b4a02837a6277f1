package echo

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/outcry-dev/outcry/internal/netpoll"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests; it is reached on a failure only.
const patience = 20 * time.Second

// limit is the message size that the servers of these tests allow.
const limit = 4 << 20

// overDrivers runs test with the address of a server on each driver.
func overDrivers(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	for name, driver := range map[string]netpoll.Driver{"auto": netpoll.Auto, "goroutine": netpoll.GoroutineOnly} {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, driver)
			test(t, address)
		})
	}
}

// serve starts a server, which is stopped with the test, or sooner by stop.
func serve(t *testing.T, driver netpoll.Driver) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- Serve(ctx, listener, Config{
			Driver:         driver,
			MaxMessageSize: limit,
			Logger:         slog.New(slog.NewTextHandler(t.Output(), nil)),
			Ready:          func() { close(ready) },
		})
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	}
	t.Cleanup(stop)
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("serve: %v", err)
	}
	return listener.Addr().String(), stop
}

// client is a WebSocket client that sends what it is told to, right or wrong.
type client struct {
	net.Conn
	t          *testing.T
	in         *bufio.Reader
	extensions string // what the server accepted
}

// connect opens a connection without a handshake.
func connect(t *testing.T, address string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{Conn: nc, t: t, in: bufio.NewReader(nc)}
}

// dial connects, offering the extensions if there are any.
func dial(t *testing.T, address, offer string) *client {
	t.Helper()
	c := connect(t, address)
	status, extensions := c.request("Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Extensions: "+offer)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: status %d", status)
	}
	c.extensions = extensions
	return c
}

// request sends a GET request and returns the answer's status and extensions.
func (c *client) request(header ...string) (status int, extensions string) {
	c.t.Helper()
	text := "GET /any/path HTTP/1.1\r\nHost: test\r\n"
	for _, h := range header {
		text += h + "\r\n"
	}
	c.write([]byte(text + "\r\n"))
	return c.response()
}

func (c *client) response() (status int, extensions string) {
	c.t.Helper()
	response, err := http.ReadResponse(c.in, nil) //nolint:bodyclose // the connection has it
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Sec-WebSocket-Extensions")
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// next reads one frame.
func (c *client) next() ws.Frame {
	c.t.Helper()
	h, err := ws.ReadHeader(c.in)
	if err != nil {
		c.t.Fatalf("read a header: %v", err)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	if _, err := io.ReadFull(c.in, f.Payload); err != nil {
		c.t.Fatalf("read a payload of %d bytes: %v", h.Length, err)
	}
	return f
}

// ended checks that the server has closed the connection.
func (c *client) ended() {
	c.t.Helper()
	if b, err := c.in.ReadByte(); !errors.Is(err, io.EOF) {
		c.t.Errorf("after the Close frame: byte %#x, error %v, want the end", b, err)
	}
}

// masked is a client's frame.
func masked(f ws.Frame) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(f, [4]byte{0x12, 0x34, 0x56, 0x78}))
}

// text, bin and so on are client's frames.
func text(payload string) []byte { return masked(ws.NewTextFrame([]byte(payload))) }
func bin(payload string) []byte  { return masked(ws.NewBinaryFrame([]byte(payload))) }
func ping(payload string) []byte { return masked(ws.NewPingFrame([]byte(payload))) }
func pong(payload string) []byte { return masked(ws.NewPongFrame([]byte(payload))) }

// closing is a Close frame with a code, and whatever follows it.
func closing(code uint16, reason string) []byte {
	return masked(ws.NewCloseFrame(append([]byte{byte(code >> 8), byte(code)}, reason...)))
}

// part is a fragment.
func part(op ws.OpCode, final bool, payload string) []byte {
	return masked(ws.NewFrame(op, final, []byte(payload)))
}
