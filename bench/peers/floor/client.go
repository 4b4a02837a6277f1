package floor

import (
	"bytes"
	"fmt"
	"unsafe"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/outcry-dev/outcry/bench/hub"
)

// maxPending bounds the bytes of a client that wait for the rest.
const maxPending = 1 << 20

// client is one socket. Only the reading goroutine changes it.
type client struct {
	fd       int
	upgraded bool
	pending  []byte // what has come of a request or frame that is not complete
	channels []string
}

// send writes b at once, without telling Go's scheduler: nothing is cheaper.
// That the client has gone is no error; that the socket is full is one.
func (c *client) send(b []byte) error {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(c.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), //nolint:gosec // the kernel reads len(b) bytes of b
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch {
	case errno == unix.EPIPE || errno == unix.ECONNRESET:
		return nil
	case errno != 0:
		return fmt.Errorf("sendto: %w", errno)
	case int(n) != len(b):
		return fmt.Errorf("sendto: the socket has taken %d of %d bytes", n, len(b))
	}
	return nil
}

// hear takes bytes that have come. Its error ends the connection.
func (c *client) hear(h *Hub, b []byte) error {
	c.pending = append(c.pending, b...)
	if !c.upgraded {
		if !bytes.Contains(c.pending, []byte("\r\n\r\n")) {
			return c.bounded()
		}
		return c.upgrade()
	}
	for {
		f, size, err := parse(c.pending)
		if err != nil || size == 0 {
			return err
		}
		err = c.answer(h, f)
		c.pending = c.pending[size:]
		if len(c.pending) == 0 {
			c.pending = nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *client) bounded() error {
	if len(c.pending) > maxPending {
		return fmt.Errorf("request of more than %d bytes", maxPending)
	}
	return nil
}

// upgrade answers the request in pending, behind which nothing can have come.
func (c *client) upgrade() error {
	var x exchange
	x.Reset(c.pending)
	if _, err := (ws.Upgrader{}).Upgrade(&x); err != nil {
		return err
	}
	c.upgraded, c.pending = true, nil
	return c.send(appendFrame(x.answer.Bytes(), ws.OpText, hub.Greet(nil)))
}

// exchange is an upgrade in memory.
type exchange struct {
	bytes.Reader
	answer bytes.Buffer
}

func (x *exchange) Write(b []byte) (int, error) { return x.answer.Write(b) }

// parse reads a frame off b and unmasks it in place. A size of 0 means that
// not all of it has come.
func parse(b []byte) (f ws.Frame, size int, err error) {
	r := bytes.NewReader(b)
	h, err := ws.ReadHeader(r)
	switch {
	case err != nil && len(b) < ws.MaxHeaderSize:
		return f, 0, nil
	case err != nil:
		return f, 0, err
	case !h.Masked || !h.Fin || h.Length > maxPending:
		return f, 0, fmt.Errorf("frame of opcode %d is none that clients send here", h.OpCode)
	}
	start := len(b) - r.Len()
	size = start + int(h.Length)
	if size > len(b) {
		return f, 0, nil
	}
	f = ws.Frame{Header: h, Payload: b[start:size:size]}
	ws.Cipher(f.Payload, h.Mask, 0)
	return f, size, nil
}

func (c *client) answer(h *Hub, f ws.Frame) error {
	switch f.Header.OpCode {
	case ws.OpText:
		answer := hub.Answer(nil, f.Payload, func(channel string) {
			c.channels = append(c.channels, channel)
			h.topics.Add(channel, c)
		})
		return c.send(appendFrame(nil, ws.OpText, answer))
	case ws.OpPing:
		return c.send(appendFrame(nil, ws.OpPong, f.Payload))
	case ws.OpPong:
		return nil
	default:
		return fmt.Errorf("client has closed")
	}
}
