package faults

import (
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gobwas/ws"
)

// A dialect is a way to receive messages: the handshake asks for it.
type dialect struct {
	name  string
	query string // of the address
	offer string // of Sec-WebSocket-Extensions
}

// dialects are all that the server speaks.
func dialects() []dialect {
	const offer = "permessage-deflate; client_max_window_bits"
	return []dialect{
		{name: "plain"},
		{name: "deflate", offer: offer},
		{name: "small-window", offer: "permessage-deflate; server_max_window_bits=9"},
		{name: "compress-0", query: "?compress=0", offer: offer},
		{name: "batch", query: "?batch=1"},
		{name: "batch-deflate", query: "?batch=1", offer: offer},
	}
}

// compressing has a server compress messages of 256 bytes and more.
const compressing = "--compression-enabled"

// speak has a client ask for d.
func (d dialect) speak(c *client) {
	c.id += "-" + d.name + d.query
	if d.offer != "" {
		c.header = "Sec-WebSocket-Extensions: " + d.offer + "\r\n"
	}
}

// converse opens n clients, who speak the dialects in turn, and has them
// listen. They leave with the test at the latest. prepare, where not nil, sees
// each before.
func converse(t *testing.T, s *server, n int, prepare func(c *client)) *fleet {
	t.Helper()
	f := &fleet{}
	list := dialects()
	for i := range n {
		c := newClient(fmt.Sprintf("speaker-%d", i), i)
		list[i%len(list)].speak(c)
		if prepare != nil {
			prepare(c)
		}
		f.clients = append(f.clients, c)
	}
	t.Cleanup(f.drop)
	f.must(t, func(c *client) error {
		if err := c.open(t.Context(), s.address); err != nil {
			return err
		}
		f.readers.Go(c.understand)
		return nil
	})
	return f
}

// understand is listen for a client of any dialect.
func (c *client) understand() {
	for {
		if asleep := c.asleep.Load(); asleep != nil {
			<-*asleep
		}
		p, err := readPiece(c.br)
		if err != nil {
			c.note(func(v *view) { v.ended, v.at = true, time.Now() })
			return
		}
		switch p.op {
		case ws.OpPing:
			_ = c.send(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewPongFrame(p.payload))))
		case ws.OpText:
			c.note(func(v *view) {
				messages, err := p.messages()
				if err != nil {
					v.blame("%w", err)
				}
				for _, m := range messages {
					v.take(m)
				}
			})
		default:
			c.note(func(v *view) { v.blame("got a frame with opcode %d", p.op) })
		}
	}
}

// piece is a frame as it came.
type piece struct {
	op         ws.OpCode
	compressed bool
	payload    []byte
}

// readPiece reads a frame. The server sends each message in one.
func readPiece(r *bufio.Reader) (p piece, err error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return piece{}, err
	}
	p = piece{op: h.OpCode, compressed: h.Rsv1(), payload: make([]byte, h.Length)}
	if _, err = io.ReadFull(r, p.payload); err == nil && (!h.Fin || h.Rsv2() || h.Rsv3() || p.compressed && h.OpCode.IsControl()) {
		err = fmt.Errorf("a frame with the header %+v", h)
	}
	return p, err
}

// inflateTail is what every compressed message lacks, RFC 7692 section 7.2.2,
// and the block that ends a stream.
const inflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// text is what a text frame says, inflated if need be.
func (p piece) text() ([]byte, error) {
	if !p.compressed {
		return p.payload, nil
	}
	z := flate.NewReader(strings.NewReader(string(p.payload) + inflateTail))
	text, err := io.ReadAll(z)
	return text, errors.Join(err, z.Close())
}

// messages are the messages of a text frame: one, or those of an array.
func (p piece) messages() ([]jsontext.Value, error) {
	text, err := p.text()
	if err != nil || text[0] != '[' {
		return []jsontext.Value{text}, err
	}
	var list []jsontext.Value
	return list, json.Unmarshal(text, &list)
}
