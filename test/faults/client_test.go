package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
)

const (
	sources   = 20 // addresses 127.0.0.x the clients come from
	dialWait  = 15 * time.Second
	readAhead = 8 << 10 // bytes
)

// client is one honest WebSocket client, as cheap as can be: one goroutine
// that listens. It follows one channel and keeps account of what it is told.
type client struct {
	id     string
	index  int
	token  string
	header string // further lines of the handshake
	narrow bool   // a receive buffer as small as the kernel allows
	conn   *net.TCPConn
	br     *bufio.Reader
	asleep atomic.Pointer[chan struct{}] // listen reads nothing until it is closed

	mu  sync.Mutex
	own view
}

// view is what a client knows.
type view struct {
	live      bool      // subscribed, says the server
	replies   int       // results of subscribe and unsubscribe
	refusals  int       // of them, those that say no
	last      int       // number of the last message
	lost      int       // sum of all gaps
	untold    int       // of them, lost since the last message
	fresh     bool      // the next message may have any number
	reconnect bool      // told to
	ended     bool      // the connection has ended
	code      int       // of the server's Close frame; 0: there was none
	fault     error     // the first thing that must not happen
	at        time.Time // of the end
}

func newClient(id string, index int) *client { return &client{id: id, index: index} }

// source is the address that the client comes from.
func (c *client) source() *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+c.index%sources))}
}

// dial connects, without a handshake.
func (c *client) dial(ctx context.Context, address string) error {
	d := net.Dialer{LocalAddr: c.source(), Timeout: dialWait}
	if c.narrow {
		d.Control = func(_, _ string, raw syscall.RawConn) error {
			var err error
			return errors.Join(raw.Control(func(fd uintptr) {
				err = narrow(fd)
			}), err)
		}
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c.conn = conn.(*net.TCPConn)
	c.br = bufio.NewReaderSize(conn, readAhead)
	// Whoever leaves does so with RST, or its port would wait for minutes.
	return c.conn.SetLinger(0)
}

// request is the handshake.
func (c *client) request() []byte {
	text := "GET /ws/" + c.id + " HTTP/1.1\r\nHost: outcry\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	if c.token != "" {
		text += "Authorization: Bearer " + c.token + "\r\n"
	}
	return []byte(text + c.header + "\r\n")
}

// open connects and shakes hands; further bytes are sent together with the
// request. The error is a *refusalError where the server has refused.
func (c *client) open(ctx context.Context, address string, further ...byte) error {
	if err := c.dial(ctx, address); err != nil {
		return err
	}
	err := c.handshake(further)
	if err != nil {
		c.drop()
	}
	return err
}

func (c *client) handshake(further []byte) error {
	if err := c.conn.SetReadDeadline(time.Now().Add(dialWait)); err != nil {
		return err
	}
	if _, err := c.conn.Write(append(c.request(), further...)); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.br, nil) //nolint:bodyclose // reading on is the client's business
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		return errors.Join(&refusalError{response.StatusCode, response.Header, string(body)}, err)
	}
	return c.conn.SetReadDeadline(time.Time{})
}

// refusalError is a refused handshake.
type refusalError struct {
	status int
	header http.Header
	body   string
}

func (e *refusalError) Error() string {
	return fmt.Sprintf("handshake answered %d: %s", e.status, e.body)
}

// text makes a masked text frame.
func text(payload string) []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(payload))))
}

func subscribe(channel string) []byte {
	return text(`{"type":"subscribe","channel":"` + channel + `"}`)
}

func unsubscribe(channel string) []byte {
	return text(`{"type":"unsubscribe","channel":"` + channel + `"}`)
}

// send sends frames in one write.
func (c *client) send(frames ...[]byte) error {
	_, err := c.conn.Write(slices.Concat(frames...))
	return err
}

// drop leaves without a word.
func (c *client) drop() {
	c.wake()
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// sleep has listen read no further frame until wake.
func (c *client) sleep() {
	until := make(chan struct{})
	c.asleep.Store(&until)
}

func (c *client) wake() {
	if until := c.asleep.Swap(nil); until != nil {
		close(*until)
	}
}

// leave begins to say goodbye properly; listen ends when the server has
// answered.
func (c *client) leave() error {
	return c.send(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))))
}

// listen reads until the connection ends, answers pings, and keeps account.
func (c *client) listen() {
	var buf []byte
	for {
		if asleep := c.asleep.Load(); asleep != nil {
			<-*asleep
		}
		h, err := ws.ReadHeader(c.br)
		if err == nil {
			buf = slices.Grow(buf[:0], int(h.Length))[:h.Length]
			_, err = io.ReadFull(c.br, buf)
		}
		if err != nil {
			c.note(func(v *view) { v.ended, v.at = true, time.Now() })
			return
		}
		switch h.OpCode {
		case ws.OpText:
			c.note(func(v *view) { v.take(buf) })
		case ws.OpPing:
			_ = c.send(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewPongFrame(slices.Clone(buf)))))
		case ws.OpClose:
			c.note(func(v *view) { v.code = int(binary.BigEndian.Uint16(append(buf, 0, 0))) })
			// Fails where it was us who said goodbye first.
			_ = c.send(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(slices.Clone(buf)))))
		default:
			c.note(func(v *view) { v.blame("got a frame with opcode %d", h.OpCode) })
		}
	}
}

func (c *client) note(f func(v *view)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.own)
}

func (c *client) view() view {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.own
}

// take keeps account of one message.
func (v *view) take(b []byte) {
	kind, _, _ := bytes.Cut(bytes.TrimPrefix(b, []byte(`{"type":"`)), []byte{'"'})
	switch string(kind) {
	case "message":
		v.number(field(b, `"n":`))
	case "gap":
		n := field(b, `"lost":`)
		v.lost += n
		v.untold += n
	case "subscription_result":
		yes := bytes.Contains(b, []byte(`"success":true`))
		v.replied(yes)
		v.fresh = v.fresh || yes && !v.live
		v.live = v.live || yes
	case "unsubscription_result":
		v.replied(bytes.Contains(b, []byte(`"success":true`)))
		v.live = false
	case "subscription_lost":
		v.live = false
	case "reconnect":
		v.reconnect = true
	case "error":
		v.blame("got %s", b)
	}
}

func (v *view) replied(yes bool) {
	v.replies++
	if !yes {
		v.refusals++
	}
}

// number checks that a message is the next.
func (v *view) number(n int) {
	switch want := v.last + v.untold + 1; {
	case !v.live:
		v.blame("message %d while not subscribed", n)
	case v.fresh && n <= v.last, !v.fresh && n != want:
		v.blame("message %d after %d and a gap of %d", n, v.last, v.untold)
	}
	v.last, v.untold, v.fresh = n, 0, false
}

func (v *view) blame(format string, args ...any) {
	if v.fault == nil {
		v.fault = fmt.Errorf(format, args...)
	}
}

// reached says what is missing until the client has got as far as want.
func (c *client) reached(want view) error {
	v := c.view()
	switch {
	case v.fault != nil:
		return fmt.Errorf("%s: %w", c.id, v.fault)
	case v.ended && !want.ended:
		return fmt.Errorf("%s: the connection has ended, code %d", c.id, v.code)
	case v.live != want.live && !want.ended, v.last < want.last, v.replies < want.replies, v.ended != want.ended:
		return fmt.Errorf("%s: live %v, last %d, %d replies, ended %v; want %+v", c.id, v.live, v.last, v.replies, v.ended, want)
	}
	return nil
}

// field reads the integer behind a name; -1: there is none.
func field(text []byte, name string) int {
	_, rest, _ := bytes.Cut(text, []byte(name))
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(string(rest[:max(end, 0)]))
	if err != nil {
		return -1
	}
	return n
}
