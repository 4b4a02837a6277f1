package hubtest

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/market"
)

// maxFrame bounds what hubs may send, in bytes.
const maxFrame = 1 << 20

// client is one that has been greeted. It belongs to the test's goroutine.
type client struct {
	tb      testing.TB
	conn    net.Conn
	in      io.Reader
	phrases *load.Phrases
	pending []byte // what is left of a message of several publications
	last    int    // payload bytes of the last message, on the wire
}

// dial connects a client and has it greeted.
func (s *stand) dial(compressed bool) *client {
	tb := s.tb
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	var d ws.Dialer
	if compressed {
		d.Extensions = []httphead.Option{httphead.NewOption("permessage-deflate", map[string]string{
			"server_no_context_takeover": "", "client_no_context_takeover": "",
		})}
	}
	conn, br, hs, err := d.Dial(ctx, "ws://"+s.address+"/ws")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() }) // tests close some themselves
	if compressed && !independent(hs.Extensions) {
		tb.Fatalf("extensions granted: %v, want permessage-deflate without context takeover", hs.Extensions)
	}
	c := &client{tb: tb, conn: conn, in: conn, phrases: s.phrases}
	if br != nil {
		c.in = br
	}
	if s.phrases.Opening != nil {
		c.say(s.phrases.Opening)
	}
	c.await(load.KindGreeting)
	return c
}

// independent reports whether the server compresses each message by itself.
func independent(granted []httphead.Option) bool {
	return slices.ContainsFunc(granted, func(o httphead.Option) bool {
		_, ok := o.Parameters.Get("server_no_context_takeover")
		return ok
	})
}

// subscribe subscribes and has a ping answered: commands are done in order,
// and centrifuge, without history, may drop what is published while it still
// completes a subscription that it has already answered.
func (c *client) subscribe(channel string) {
	c.tb.Helper()
	c.say(c.phrases.Subscribe(channel))
	c.await(load.KindSubscribed)
	c.say(c.phrases.Ping)
	c.await(load.KindPong)
}

func (c *client) say(text []byte) {
	c.tb.Helper()
	c.send(ws.NewTextFrame(text))
}

func (c *client) send(f ws.Frame) {
	c.tb.Helper()
	if err := ws.WriteFrame(c.conn, ws.MaskFrame(f)); err != nil {
		c.tb.Fatal(err)
	}
}

// await reads up to a message of a kind. On the way there may be heartbeats.
func (c *client) await(want load.Kind) []byte {
	c.tb.Helper()
	for {
		text := c.message()
		switch got := c.phrases.Hear(text); got {
		case want:
			return text
		case load.KindHeartbeat:
			if c.phrases.HeartbeatAnswer != nil {
				c.say(c.phrases.HeartbeatAnswer)
			}
		default:
			c.tb.Fatalf("got %s (kind %d), want a message of kind %d", text, got, want)
		}
	}
}

// publication returns the stamp of the next publication.
func (c *client) publication() market.Stamp {
	c.tb.Helper()
	for {
		if s, rest, ok := market.Next(c.pending); ok {
			c.pending = rest
			return s
		}
		c.pending = c.await(load.KindPublication)
	}
}

// message reads a text message and answers pings.
func (c *client) message() []byte {
	c.tb.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.tb.Fatal(err)
	}
	var text []byte
	compressed := false
	for {
		f, err := readFrame(c.in)
		if err != nil {
			c.tb.Fatalf("reading: %v", err)
		}
		switch {
		case f.Header.OpCode == ws.OpPing:
			c.send(ws.NewPongFrame(f.Payload))
			continue
		case f.Header.OpCode != ws.OpText && f.Header.OpCode != ws.OpContinuation:
			c.tb.Fatalf("got opcode %d: %q", f.Header.OpCode, f.Payload)
		}
		text = append(text, f.Payload...)
		compressed = compressed || f.Header.Rsv1()
		if !f.Header.Fin {
			continue
		}
		c.last = len(text)
		if compressed {
			return c.inflate(text)
		}
		return text
	}
}

func readFrame(r io.Reader) (ws.Frame, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return ws.Frame{}, err
	}
	if h.Length > maxFrame {
		return ws.Frame{}, fmt.Errorf("frame of %d bytes", h.Length)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

// inflate undoes permessage-deflate (RFC 7692 section 7.2.2).
func (c *client) inflate(b []byte) []byte {
	c.tb.Helper()
	b = append(b, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(b)))
	if err != nil {
		c.tb.Fatalf("inflating: %v", err)
	}
	return text
}

// drop breaks the connection as a client does whose process ends.
func (c *client) drop() {
	c.tb.Helper()
	if err := c.conn.Close(); err != nil {
		c.tb.Fatal(err)
	}
}

// awaitEnd reads until the server has ended the connection.
func (c *client) awaitEnd() {
	c.tb.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.tb.Fatal(err)
	}
	_, err := io.Copy(io.Discard, c.in)
	if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // io.Copy does not wrap
		c.tb.Error("the connection outlives Close")
	}
}
