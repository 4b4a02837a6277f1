package netpoll

import (
	"errors"
	"io"
	"net"
	"runtime"
	"time"
)

// The part of testDriver about Close.

func testSilence(r *rig, l link) {
	for token, abort := range map[Token]bool{1: false, 2: true} {
		sock, client, h := r.add(l, token)
		wrote := inBackground(func() error {
			_, err := client.Write(noise(3000, 1))
			return errors.Join(err, client.Close())
		})
		sock.WantWrite(true)
		if l.tcp {
			if err := <-wrote; err != nil { // everything is there before the close
				r.t.Fatal(err)
			}
		}
		sock.Close(abort)
		sock.PauseRead(true)
		sock.PauseRead(false)
		sock.WantWrite(true)
		r.idle(quiet)
		if h.events() != 0 {
			r.t.Errorf("abort %v: got %+v after close", abort, h)
		}
		if !l.tcp {
			ended(r.t, wrote)
		}
	}
}

func testCloseInHandler(r *rig, l link) {
	for token, abort := range map[Token]bool{1: false, 2: true} {
		sock, client, h := r.add(l, token)
		r.on = func(ev Event) {
			sock.WantWrite(true)
			sock.Close(abort)
			r.p.Wake()
			runtime.Gosched()
			// The data is still ours.
			want := noise(3000, 1)
			wantData(r.t, "after close", ev.Data, want[:len(ev.Data)])
		}
		wrote := inBackground(writeAll(client, noise(3000, 1)))
		r.until("readable", func() bool { return h.readable > 0 })
		r.idle(quiet)
		if h.events() != 1 {
			r.t.Errorf("abort %v: got %+v after close", abort, h)
		}
		client.Close()
		ended(r.t, wrote)
	}
}

func testCloseTwice(r *rig, l link) {
	for token, calls := range map[Token][]bool{1: {false, false}, 2: {true, true}, 3: {true, false}, 4: {false, true}} {
		sock, client, _ := r.add(l, token)
		for _, abort := range calls {
			sock.Close(abort)
		}
		receive(r, "client's end", slurp(client))
	}
}

func testSendAfterClose(r *rig, l link) {
	for token, abort := range map[Token]bool{1: false, 2: true} {
		sock, _, _ := r.add(l, token)
		sock.Close(abort)
		if n, err := sock.Send([]byte("x")); n != 0 || err == nil {
			r.t.Errorf("abort %v: Send = %d, %v, want an error", abort, n, err)
		}
	}
}

func testGraceful(r *rig, l link) {
	for token, size := range map[Token]int{1: 0, 2: 2, 3: 100_000} {
		sock, client, h := r.add(l, token)
		want := noise(size, 1)
		got := slurp(client)
		r.send(sock, h, want)
		sock.Close(false) // while the last block is being written
		c := receive(r, "client's end", got)
		if c.err != nil {
			r.t.Errorf("client's reading ended with %v, want io.EOF", c.err)
		}
		wantData(r.t, "client", c.data, want)
	}
}

// testGracefulUnread: if the socket were closed with the input unread the
// client would see RST.
func testGracefulUnread(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	sock.PauseRead(true)
	wrote := inBackground(writeAll(client, noise(30_000, 1)))
	if l.tcp {
		if err := receive(r, "client wrote", wrote); err != nil {
			r.t.Fatal(err)
		}
	}
	r.idle(quiet)
	r.send(sock, h, []byte("bye"))
	start := time.Now()
	sock.Close(false)
	// The client reads late, when a careless close would long have reset it.
	r.idle(2 * quiet)
	c := receive(r, "client's end", slurp(client))
	if string(c.data) != "bye" || c.err != nil {
		r.t.Errorf("client got %q, %v, want the last bytes and io.EOF", c.data, c.err)
	}
	if !l.tcp {
		client.Close()
		ended(r.t, wrote)
		return
	}
	// Linux shows the client a FIN even if RST came after it, but not to its
	// writes. After LingerTime they may fail.
	_, err := client.Write([]byte("bye"))
	if time.Since(start) < LingerTime && err != nil {
		r.t.Errorf("the client's answer: %v", err)
	}
}

// testGracefulPaused closes at each place where a paused reader may stand.
func testGracefulPaused(r *rig, l link) {
	for token, handled := range map[Token]int{1: 0, 2: 1} {
		sock, client, h := r.add(l, token)
		r.on = func(Event) { sock.PauseRead(true) }
		sock.PauseRead(handled == 0)
		wrote := inBackground(writeAll(client, []byte("one")))
		r.until("input", func() bool { return h.readable == handled })
		r.idle(quiet)
		r.on = nil
		got := slurp(client)
		r.send(sock, h, []byte("bye"))
		sock.Close(false)
		if c := receive(r, "client's end", got); string(c.data) != "bye" || c.err != nil {
			r.t.Errorf("client got %q, %v, want the last bytes and io.EOF", c.data, c.err)
		}
		if err := <-wrote; err != nil {
			r.t.Error(err)
		}
	}
}

// testLinger: the client keeps its side open. Afterwards the server's socket
// is gone, or the client could write for ever.
func testLinger(r *rig, l link) {
	sock, client, _ := r.add(l, 1)
	start := time.Now()
	sock.Close(false)
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		pace := time.NewTicker(time.Millisecond) // far less than LingerBytes in all
		defer pace.Stop()
		for range pace.C {
			if _, err := client.Write([]byte{1}); err != nil {
				return
			}
		}
	}()
	receive(r, "client cut", cut)
	if d := time.Since(start); l.fake && d > LingerTime+10*time.Millisecond {
		r.t.Errorf("the peer was cut after %v, want at most about %v", d, LingerTime)
	}
}

// testFlood: the client never stops writing, so LingerBytes ends it.
func testFlood(r *rig, l link) {
	sock, client, _ := r.add(l, 1)
	cut := flood(client, noise(32<<10, 1))
	sock.Close(false)
	receive(r, "client cut", cut)
}

func testGracefulStuck(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	r.fill(sock, h)
	before := h.events()
	sock.Close(false)
	r.idle(LingerTime)
	if err := r.p.Close(); err != nil {
		r.t.Error(err)
	}
	if h.events() != before {
		r.t.Errorf("got %+v after close", h)
	}
	client.Close()
}

func testAbort(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	sock.Close(true)
	c := receive(r, "client's end", slurp(client))
	if l.tcp && c.err == nil {
		r.t.Error("client saw a regular end, want RST")
	}
	if len(c.data) != 0 || h.events() != 0 {
		r.t.Errorf("client got %d bytes, Loop got %+v", len(c.data), h)
	}
}

// testAbortStuck (case 59): the client does not read, and yet the connection ends at
// once, not by a deadline of ours or of crypto/tls.
func testAbortStuck(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	r.fill(sock, h)
	before := h.events()
	sock.Close(true)
	wantCut(r, l, client)
	if h.events() != before {
		r.t.Errorf("got %+v after close", h)
	}
}

func testAbortLingering(r *rig, l link) {
	sock, client, h := r.add(l, 1)
	r.fill(sock, h)
	sock.Close(false)
	sock.Close(true)
	wantCut(r, l, client)
}

// wantCut fails unless client can soon write no more.
func wantCut(r *rig, l link, client net.Conn) {
	r.t.Helper()
	start := time.Now()
	receive(r, "client cut", flood(client, []byte{1}))
	if d := time.Since(start); l.fake && d > 10*time.Millisecond {
		r.t.Errorf("client was cut after %v, want at once", d)
	}
}

// testPollerClose leaves connections in every state: the check for goroutines
// at the end of the test is the point.
func testPollerClose(r *rig, l link) {
	var clients []net.Conn
	add := func(token Token, after func(Socket, net.Conn, *history)) {
		sock, client, h := r.add(l, token)
		clients = append(clients, client)
		after(sock, client, h)
	}
	add(1, func(Socket, net.Conn, *history) {})
	add(2, func(s Socket, _ net.Conn, h *history) { r.fill(s, h) })
	add(3, func(s Socket, _ net.Conn, h *history) { r.fill(s, h); s.Close(false) })
	add(4, func(s Socket, _ net.Conn, h *history) { r.fill(s, h); s.Close(true) })
	add(5, func(s Socket, _ net.Conn, _ *history) { s.Close(false) })
	add(6, func(s Socket, _ net.Conn, _ *history) { s.Close(true) })
	add(7, func(s Socket, c net.Conn, h *history) {
		r.on = func(ev Event) {
			if ev.Token == 7 {
				s.PauseRead(true)
			}
		}
		wrote := inBackground(writeAll(c, []byte("x")))
		r.until("input", func() bool { return h.readable == 1 })
		if err := <-wrote; err != nil {
			r.t.Error(err)
		}
	})
	add(8, func(_ Socket, c net.Conn, h *history) {
		c.Close()
		r.until("closed", func() bool { return h.closed == 1 })
	})
	if err := r.p.Close(); err != nil {
		r.t.Error(err)
	}
	if err := r.p.Close(); err != nil {
		r.t.Errorf("second close: %v", err)
	}
	for i, c := range clients {
		select {
		case <-slurp(c):
		case <-time.After(patience):
			r.t.Errorf("connection %d is still open", i+1)
		}
	}
	r.p.Wake()
}

func testAddClosed(r *rig, l link) {
	if err := r.p.Close(); err != nil {
		r.t.Fatal(err)
	}
	server, client := l.pair(r.t)
	// Closing a tls.Conn that nobody reads from takes five seconds.
	defer transport(client).Close()
	defer transport(server).Close()
	if _, err := r.p.Add(server, 1); !errors.Is(err, net.ErrClosed) {
		r.t.Errorf("Add = %v, want net.ErrClosed", err)
	}
	// The connection is still the caller's.
	wrote := inBackground(writeAll(client, []byte("x")))
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		r.t.Error(err)
	}
	if err := <-wrote; err != nil {
		r.t.Error(err)
	}
}
