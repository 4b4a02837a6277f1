package echo

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/internal/netpoll"
)

// TestOrder: what is sent without waiting comes back in its order, however
// much the two ends have to wait for each other.
func TestOrder(t *testing.T) {
	const count, size = 3000, 2000
	overDrivers(t, func(t *testing.T, address string) {
		c := dial(t, address, "")
		go func() {
			filling := strings.Repeat("x", size)
			for i := range uint32(count) {
				if _, err := c.Write(masked(ws.NewBinaryFrame(append(binary.BigEndian.AppendUint32(nil, i), filling...)))); err != nil {
					return
				}
			}
		}()
		for i := range uint32(count) {
			f := c.next()
			if got := binary.BigEndian.Uint32(f.Payload); got != i || len(f.Payload) != size+4 {
				t.Fatalf("echo %d: number %d, %d bytes", i, got, len(f.Payload))
			}
		}
		c.write(closing(normal, ""))
		c.closedWith(normal)
	})
}

// TestUnread: a peer that sends and does not read is not read either, and what
// waits for it is bounded. When it reads, nothing is missing.
func TestUnread(t *testing.T) {
	const size = 16 << 10
	overDrivers(t, func(t *testing.T, address string) {
		before := heap()
		c := dial(t, address, "")
		frame := masked(ws.NewBinaryFrame(make([]byte, size)))
		var sent []byte // of the frame that was cut off
		count := 0
		for {
			if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			n, err := c.Write(frame)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				sent = frame[:n]
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if count++; count > 4096 {
				t.Fatalf("%d MiB were taken from a peer that does not read", count*size>>20)
			}
		}
		if grown := heap() - before; grown > 4<<20 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = c.Write(append(frame[len(sent):len(frame):len(frame)], closing(normal, "")...)) }()
		for i := range count + 1 {
			if f := c.next(); len(f.Payload) != size {
				t.Fatalf("echo %d: opcode %d, %d bytes", i, f.Header.OpCode, len(f.Payload))
			}
		}
		c.closedWith(normal)
	})
}

// heap is the live heap, in bytes.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestStop: the server closes its peers with 1001, those too that do not read,
// and ends.
func TestStop(t *testing.T) {
	for name, driver := range map[string]netpoll.Driver{"auto": netpoll.Auto, "goroutine": netpoll.GoroutineOnly} {
		t.Run(name, func(t *testing.T) {
			address, stop := serve(t, driver)
			idle, stalled := dial(t, address, ""), dial(t, address, "")
			fill(t, stalled)
			stop()
			idle.closedWith(1001)
			if _, err := io.Copy(io.Discard, stalled.in); err == nil {
				t.Error("the peer that did not read got all that waited for it")
			}
		})
	}
}

// fill sends until the server takes no more.
func fill(t *testing.T, c *client) {
	t.Helper()
	frame := masked(ws.NewBinaryFrame(make([]byte, 64<<10)))
	for {
		if err := c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(frame); err != nil {
			return
		}
	}
}

// TestHandshake covers cases 1 and 2 and what comes with the request, case 9.
func TestHandshake(t *testing.T) {
	const upgrade, connection, version, key = "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	overDrivers(t, func(t *testing.T, address string) {
		for name, tt := range map[string]struct {
			header []string
			status int
		}{
			"good":          {[]string{upgrade, connection, version, key}, http.StatusSwitchingProtocols},
			"plain HTTP":    {nil, http.StatusUpgradeRequired},
			"no connection": {[]string{upgrade, version, key}, http.StatusBadRequest},
			"version 8":     {[]string{upgrade, connection, key, "Sec-WebSocket-Version: 8"}, http.StatusUpgradeRequired},
			"no key":        {[]string{upgrade, connection, version}, http.StatusBadRequest},
		} {
			t.Run(name, func(t *testing.T) {
				c := connect(t, address)
				if got, _ := c.request(tt.header...); got != tt.status {
					t.Errorf("got %d, want %d", got, tt.status)
				}
			})
		}
		t.Run("frames behind the request", func(t *testing.T) {
			c := connect(t, address)
			request := "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Join([]string{upgrade, connection, version, key}, "\r\n") + "\r\n\r\n"
			c.write(append([]byte(request), text("early")...))
			if status, _ := c.response(); status != http.StatusSwitchingProtocols {
				t.Fatalf("handshake: status %d", status)
			}
			if f := c.next(); string(f.Payload) != "early" {
				t.Errorf("got %q", f.Payload)
			}
		})
	})
}
