package netpoll

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// testDriver is the suite that every driver passes on every transport it
// carries. After each of its tests no goroutine is left.
func testDriver(t *testing.T, newPoller func() Poller, l link) {
	t.Helper()
	tests := []struct {
		name string
		run  func(r *rig, l link)
		on   func(l link) bool // nil: on every transport
	}{
		{"bytes in order both ways", testBothWays, nil},
		{"one byte at a time", testOneByte, nil},
		{"many chunks", testManyChunks, nil},
		{"slow reader", testSlowReader, nil},
		{"writable when idle", testWritableIdle, nil},
		{"writable revoked", testWritableRevoked, nil},
		{"pause loses nothing", testPause, nil},
		{"pause in the handler", testPauseInHandler, nil},
		{"pause at random", testPauseRandom, nil},
		{"regular end", testEnd, nil},
		{"end while paused comes after the data", testEndPaused, nil},
		{"send after the peer's end", testHalfClose, func(l link) bool { return l.halves }},
		{"reset", testReset, func(l link) bool { return l.tcp }},
		{"reset while stuck", testResetStuck, func(l link) bool { return l.tcp }},
		{"reset while paused", testResetPaused, func(l link) bool { return l.tcp && runtime.GOOS == "linux" }},
		{"send on a cut connection", testSendBroken, nil},
		{"deadlines are cleared", testDeadlines, nil},
		{"wake", testWake, nil},
		{"wait", testWait, nil},
		{"events of one wait", testMaxEvents, nil},
		{"no event after close", testSilence, nil},
		{"close in the handler", testCloseInHandler, nil},
		{"close twice", testCloseTwice, nil},
		{"send after close", testSendAfterClose, nil},
		{"graceful close delivers", testGraceful, nil},
		{"graceful close with unread input", testGracefulUnread, nil},
		{"graceful close while paused", testGracefulPaused, nil},
		{"graceful close on a peer that stays", testLinger, nil},
		{"graceful close on a peer that floods", testFlood, nil},
		{"graceful close of a stuck write", testGracefulStuck, nil},
		{"abort", testAbort, nil},
		{"abort of a stuck write", testAbortStuck, nil},
		{"abort of a lingering close", testAbortLingering, nil},
		{"poller close", testPollerClose, nil},
		{"add after poller close", testAddClosed, nil},
		{"stress", testStress, nil},
	}
	for _, tt := range tests {
		if tt.on != nil && !tt.on(l) {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			if l.fake { // the bubble does not end before its goroutines
				synctest.Test(t, func(t *testing.T) { tt.run(newRig(t, newPoller()), l) })
				return
			}
			t.Cleanup(func() { goleak.VerifyNone(t) })
			tt.run(newRig(t, newPoller()), l)
		})
	}
}

func testBothWays(r *rig, l link) {
	sock, client, h := r.add(l, 7)
	up, down := noise(300_000, 1), noise(300_000, 2)
	wrote := inBackground(writeAll(client, up))
	got := inBackground(func() error {
		b := make([]byte, len(down))
		if _, err := io.ReadFull(client, b); err != nil {
			return err
		}
		wantData(r.t, "client", b, down)
		return nil
	})
	r.send(sock, h, down)
	r.until("all input", func() bool { return len(h.data) >= len(up) })
	wantData(r.t, "server", h.data, up)
	for what, c := range map[string]<-chan error{"client wrote": wrote, "client read": got} {
		if err := receive(r, what, c); err != nil {
			r.t.Errorf("%s: %v", what, err)
		}
	}
}

func testOneByte(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	want := noise(200, 1)
	// The client sends the next byte when it has the last one back.
	echoed := inBackground(func() error {
		one := make([]byte, 1)
		for _, b := range want {
			if _, err := client.Write([]byte{b}); err != nil {
				return err
			}
			if _, err := io.ReadFull(client, one); err != nil || one[0] != b {
				return fmt.Errorf("got %d, %w, want %d", one[0], err, b)
			}
		}
		return nil
	})
	for i := range want {
		r.until("input", func() bool { return len(h.data) > i })
		r.send(sock, h, h.data[i:])
	}
	if err := receive(r, "echoes", echoed); err != nil {
		r.t.Error(err)
	}
	wantData(r.t, "server", h.data, want)
}

func testManyChunks(r *rig, l link) {
	_, client, h := r.add(l, 1)
	want := noise(50_000, 1)
	wrote := inBackground(func() error {
		for part := range slices.Chunk(want, 113) {
			if _, err := client.Write(part); err != nil {
				return err
			}
		}
		return nil
	})
	r.until("all input", func() bool { return len(h.data) == len(want) })
	wantData(r.t, "server", h.data, want)
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}

// testSlowReader is the driver's part of case 54: what a peer does not read
// stays with the Loop.
func testSlowReader(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	sent := r.fill(sock, h)
	if n, err := sock.Send([]byte("more")); n != 0 || err != nil {
		r.t.Errorf("Send to a peer that does not read = %d, %v, want 0, nil", n, err)
	}
	sock.WantWrite(true) // a second time
	before := h.writable

	got := make([]byte, len(sent))
	read := inBackground(func() error { _, err := io.ReadFull(client, got); return err })
	r.until("writable", func() bool { return h.writable > before })
	if err := receive(r, "client read", read); err != nil {
		r.t.Fatal(err)
	}
	r.idle(quiet)
	if n := h.writable - before; n != 1 {
		r.t.Errorf("got %d writable events for one wish, want 1", n)
	}
	wantData(r.t, "client", got, sent)
}

func testWritableIdle(r *rig, l link) {
	sock, _, h := r.add(l, 1)
	sock.WantWrite(true)
	r.until("writable", func() bool { return h.writable == 1 })
	r.idle(quiet)
	if h.events() != 1 {
		r.t.Errorf("got %+v, want one writable event", h)
	}
}

func testWritableRevoked(r *rig, l link) {
	sock, _, h := r.add(l, 1)
	sock.WantWrite(true)
	sock.WantWrite(false)
	r.idle(quiet)
	if h.events() != 0 {
		r.t.Errorf("got %+v, want no event", h)
	}
	sock.WantWrite(true)
	r.until("writable", func() bool { return h.writable == 1 })
}

func testPause(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	want := noise(100_000, 1)
	sock.PauseRead(true)
	wrote := inBackground(writeAll(client, want))
	r.idle(quiet)
	if h.events() != 0 {
		r.t.Fatalf("got %+v while paused", h)
	}
	sock.PauseRead(false)
	r.until("all input", func() bool { return len(h.data) == len(want) })
	wantData(r.t, "server", h.data, want)
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}

func testPauseInHandler(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	want := noise(100_000, 1)
	r.on = func(Event) { sock.PauseRead(true) }
	wrote := inBackground(writeAll(client, want))
	for n := 1; len(h.data) < len(want); n++ {
		r.until("a readable event", func() bool { return h.readable == n })
		if n <= 3 {
			r.idle(quiet)
		}
		if h.readable != n {
			r.t.Fatalf("got %d readable events, want %d: the handler had paused", h.readable, n)
		}
		sock.PauseRead(true)
		sock.PauseRead(false)
	}
	wantData(r.t, "server", h.data, want)
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}

func testPauseRandom(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	want := noise(400_000, 1)
	dice := noise(4096, 9)
	roll := func() byte {
		dice = append(dice[1:], dice[0])
		return dice[0]
	}
	r.on = func(Event) { sock.PauseRead(roll()&1 == 0) }
	wrote := inBackground(func() error {
		if err := writeAll(client, want)(); err != nil {
			return err
		}
		return client.Close()
	})
	for limit := time.Now().Add(patience); h.closed == 0 && time.Now().Before(limit); {
		r.p.Wait(time.Now().Add(time.Duration(roll()&7)*time.Millisecond/4), r.handle)
		for roll()&3 != 0 {
			sock.PauseRead(roll()&1 == 0)
		}
	}
	wantData(r.t, "server", h.data, want)
	if h.closed != 1 || !errors.Is(h.err, io.EOF) {
		r.t.Errorf("ended with %d closed events and %v", h.closed, h.err)
	}
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}

func testEnd(r *rig, l link) {
	_, client, h := r.add(l, 1)
	left := inBackground(func() error {
		if _, err := client.Write([]byte("bye")); err != nil {
			return err
		}
		return client.Close()
	})
	r.until("closed", func() bool { return h.closed > 0 })
	r.idle(quiet)
	if h.closed != 1 || h.late != 0 || !errors.Is(h.err, io.EOF) || string(h.data) != "bye" {
		r.t.Errorf("got %+v, want the bytes and then one closed event with io.EOF", h)
	}
	if err := <-left; err != nil {
		r.t.Error(err)
	}
}

func testEndPaused(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	sock.PauseRead(true)
	left := inBackground(func() error {
		if _, err := client.Write([]byte("bye")); err != nil {
			return err
		}
		return client.Close()
	})
	r.idle(quiet)
	if h.events() != 0 {
		r.t.Errorf("got %+v while paused with unread input", h)
	}
	sock.PauseRead(false)
	r.until("closed", func() bool { return h.closed > 0 })
	if !errors.Is(h.err, io.EOF) || string(h.data) != "bye" {
		r.t.Errorf("got %+v, want the bytes and io.EOF", h)
	}
	if err := <-left; err != nil {
		r.t.Error(err)
	}
}

func testHalfClose(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	if err := client.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		r.t.Fatal(err)
	}
	r.until("closed", func() bool { return h.closed > 0 })
	got := slurp(client)
	r.send(sock, h, []byte("still here"))
	sock.Close(false)
	if c := receive(r, "client's end", got); string(c.data) != "still here" || c.err != nil {
		r.t.Errorf("client got %q, %v", c.data, c.err)
	}
}

// testReset is the driver's part of case 59.
func testReset(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	resetBy(r.t, client)
	r.until("closed", func() bool { return h.closed > 0 })
	sock.PauseRead(true)
	sock.PauseRead(false)
	sock.WantWrite(true)
	r.idle(quiet)
	if h.closed != 1 || h.late != 0 || h.err == nil || errors.Is(h.err, io.EOF) {
		r.t.Errorf("got %+v, want one closed event with an error", h)
	}
}

// testResetStuck: the wish for room is outstanding, and is not answered once
// the connection is broken. The error may be that of an end: where a write has
// been told of the reset the kernel tells a read of nothing more.
func testResetStuck(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	r.fill(sock, h)
	resetBy(r.t, client)
	r.until("closed", func() bool { return h.closed > 0 })
	r.idle(quiet)
	if h.closed != 1 || h.late != 0 {
		r.t.Errorf("got %+v, want one closed event and nothing after it", h)
	}
}

func testResetPaused(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	sock.PauseRead(true)
	// More than one chunk, so that unread input is pending.
	wrote := inBackground(writeAll(client, noise(30_000, 1)))
	if err := receive(r, "client wrote", wrote); err != nil {
		r.t.Fatal(err)
	}
	r.idle(quiet)
	if h.events() != 0 {
		r.t.Fatalf("got %+v while paused", h)
	}
	resetBy(r.t, client)
	r.until("closed", func() bool { return h.closed > 0 })
	sock.PauseRead(false)
	r.idle(quiet)
	if h.closed != 1 || h.readable != 0 || errors.Is(h.err, io.EOF) {
		r.t.Errorf("got %+v, want one closed event with an error", h)
	}
}

func testSendBroken(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	client.Close()
	r.until("closed", func() bool { return h.closed > 0 })
	failed := func() bool {
		_, err := sock.Send([]byte("anybody?"))
		return err != nil
	}
	r.until("send fails", failed)
	if !failed() {
		r.t.Error("Send recovered")
	}
	if h.closed != 1 || h.late != 0 {
		r.t.Errorf("got %+v, want one closed event", h)
	}
}

func testDeadlines(r *rig, l link) {
	paired := l.pair
	l.pair = func(t *testing.T) (server, client net.Conn) {
		t.Helper()
		server, client = paired(t)
		if err := server.SetDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		return server, client
	}
	_, client, h := r.add(l, 1)
	wrote := inBackground(writeAll(client, []byte("x")))
	r.until("input", func() bool { return len(h.data) == 1 })
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}

func testWake(r *rig, _ link) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				r.p.Wake()
			}
		})
	}
	r.p.Wait(time.Time{}, r.handle) // blocks for ever if no Wake arrives
	all.Wait()
	r.idle(quiet) // takes what is left of the others

	// What a goroutine did before its Wake is seen after the Wait.
	var mu sync.Mutex
	done := 0
	for range 4 {
		all.Go(func() {
			mu.Lock()
			done++
			mu.Unlock()
			r.p.Wake()
		})
	}
	for seen := 0; seen < 4; {
		r.p.Wait(time.Time{}, r.handle)
		mu.Lock()
		seen = done
		mu.Unlock()
	}
	all.Wait()
}

// testWait sets no upper bound, as a busy machine may take long.
func testWait(r *rig, _ link) {
	r.idle(quiet)
	start := time.Now()
	r.p.Wait(start.Add(-time.Hour), r.handle)
	r.p.Wait(start, r.handle)
	end := time.Now().Add(quiet)
	r.idle(quiet)
	if time.Now().Before(end) {
		r.t.Error("Wait returned early, and again")
	}
}

func testMaxEvents(r *rig, l link) {
	const conns = MaxEvents + 12
	var writers sync.WaitGroup
	for i := range conns {
		_, client, _ := r.add(l, Token(i))
		writers.Go(func() {
			if _, err := client.Write([]byte{1}); err != nil {
				r.t.Error(err)
			}
		})
	}
	for limit := time.Now().Add(patience); r.readable() < conns; {
		before := r.readable()
		r.p.Wait(limit, r.handle)
		if n := r.readable() - before; n > MaxEvents {
			r.t.Fatalf("one Wait handled %d events", n)
		}
		if time.Now().After(limit) {
			r.t.Fatalf("got %d of %d events", r.readable(), conns)
		}
	}
	writers.Wait()
}

// readable counts the readable events of all connections.
func (r *rig) readable() int {
	n := 0
	for _, h := range r.seen {
		n += h.readable
	}
	return n
}

// stressed is one connection of testStress.
type stressed struct {
	sock   Socket
	h      *history
	echo   []byte // not sent back yet
	frames int
}

// testStress echoes on many connections, whose clients come and go in all the
// ways there are, with a Loop that pauses, closes and cuts.
func testStress(r *rig, l link) {
	const conns = 60
	all := make(map[Token]*stressed)
	left := conns
	r.on = func(ev Event) {
		s := all[ev.Token]
		switch ev.Kind {
		case Writable:
		case Closed:
			s.sock.Close(ev.Token%2 == 0)
			left--
			return
		case Readable:
			s.echo = append(s.echo, ev.Data...)
			s.frames++
		}
		if ev.Token%7 == 3 && s.frames == 20 {
			s.sock.Close(ev.Token%2 == 0)
			left--
			return
		}
		n, err := s.sock.Send(s.echo)
		s.echo = s.echo[n:]
		s.sock.WantWrite(err == nil && len(s.echo) > 0)
		s.sock.PauseRead(len(s.echo) > 4096)
	}
	var clients sync.WaitGroup
	for i := range conns {
		sock, client, h := r.add(l, Token(i))
		all[Token(i)] = &stressed{sock: sock, h: h}
		clients.Go(func() { stress(r.t, client, i) })
	}
	r.until("all connections end", func() bool { return left == 0 })
	clients.Wait()
	r.idle(quiet)
	for token, s := range all {
		if s.h.late > 0 || s.h.closed > 1 {
			r.t.Errorf("connection %d: %+v", token, s.h)
		}
	}
}

// stress writes numbers and wants them back in order until the server ends it
// or it has had enough.
func stress(t *testing.T, conn net.Conn, i int) {
	t.Helper()
	defer conn.Close()
	written := inBackground(func() error {
		b := make([]byte, 0, 3000*8)
		for n := range uint64(3000) {
			b = binary.BigEndian.AppendUint64(b, n)
		}
		for part := range slices.Chunk(b, 100+i*37) {
			if _, err := conn.Write(part); err != nil {
				return err
			}
		}
		return nil
	})
	b := make([]byte, 8)
	for want := range uint64(3000) {
		if _, err := io.ReadFull(conn, b); err != nil {
			break
		}
		if got := binary.BigEndian.Uint64(b); got != want {
			t.Errorf("connection %d got %d back, want %d", i, got, want)
			break
		}
	}
	conn.Close()
	ended(t, written)
}
