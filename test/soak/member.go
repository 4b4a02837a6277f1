package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// member is one client and its account.
type member struct {
	index int
	conn  net.Conn

	mu    sync.Mutex
	last  int  // number of the last message
	fresh bool // the next message may have any higher number: the client was away
	account
}

// account counts deliveries.
type account struct {
	received, lost, doubled, reordered, gaps int
	latencies                                []time.Duration // a sample
}

// sampleEvery keeps the memory of latencies small.
const sampleEvery = 50

// read counts what the client receives until its connection ends. live gets
// nil when the subscription stands.
func (m *member) read(br *bufio.Reader, live chan<- error) {
	m.mu.Lock()
	m.fresh = true
	m.mu.Unlock()
	var buf []byte
	for {
		h, err := ws.ReadHeader(br)
		if err != nil {
			live <- err
			close(live)
			return
		}
		if buf = slices.Grow(buf[:0], int(h.Length))[:h.Length]; h.Length > 0 {
			if _, err := io.ReadFull(br, buf); err != nil {
				return
			}
		}
		switch {
		case h.OpCode == ws.OpPing:
			_, _ = m.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(slices.Clone(buf)))))
		case h.OpCode != ws.OpText:
		case bytes.HasPrefix(buf, []byte(`{"type":"message"`)):
			m.count(buf)
		case bytes.HasPrefix(buf, []byte(`{"type":"subscription_result"`)):
			live <- nil
		case bytes.HasPrefix(buf, []byte(`{"type":"gap"`)):
			m.mu.Lock()
			m.gaps++
			m.mu.Unlock()
		}
	}
}

// count notes one message.
func (m *member) count(text []byte) {
	n, at := field(text, `"n":`), field(text, `"at":`)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.received++
	switch {
	case n == m.last:
		m.doubled++
	case n < m.last:
		m.reordered++
	case n > m.last+1 && !m.fresh:
		m.lost += n - m.last - 1
	}
	m.last, m.fresh = max(m.last, n), false
	if m.received%sampleEvery == m.index%sampleEvery {
		m.latencies = append(m.latencies, time.Since(time.UnixMicro(int64(at))))
	}
}

// field reads the integer behind a name.
func field(text []byte, name string) int {
	i := bytes.Index(text, []byte(name))
	if i < 0 {
		return -1
	}
	rest := text[i+len(name):]
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(rest[:end]))
	if err != nil {
		return -1
	}
	return n
}

func (m *member) top() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// drop cuts the client off.
func (m *member) drop() {
	if tcp, ok := m.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = m.conn.Close()
}

// add sums up one client; what it never got at the end is lost too.
func (a *account) add(m *member, last int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.received += m.received
	a.lost += m.lost + last - m.last
	a.doubled += m.doubled
	a.reordered += m.reordered
	a.gaps += m.gaps
	a.latencies = append(a.latencies, m.latencies...)
}

// quantile is a share of the sampled latencies, in ms.
func (a *account) quantile(q float64) float64 {
	if len(a.latencies) == 0 {
		return 0
	}
	slices.Sort(a.latencies)
	return float64(a.latencies[int(q*float64(len(a.latencies)-1))].Microseconds()) / 1000
}

// verdict is an error if anything was not delivered exactly once, in order.
func (a *account) verdict() error {
	if a.lost+a.doubled+a.reordered+a.gaps > 0 || a.received == 0 {
		return fmt.Errorf("received %d, lost %d, doubled %d, reordered %d, gaps %d: %w",
			a.received, a.lost, a.doubled, a.reordered, a.gaps, errors.New("not delivered exactly once, in order"))
	}
	return nil
}
