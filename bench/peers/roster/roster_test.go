package roster

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

func TestRoster(t *testing.T) {
	var r Roster[*sync.Mutex]
	var dropped atomic.Int32
	for range 3 {
		if c := new(sync.Mutex); !r.Enter(c) {
			t.Fatal("not let in")
		}
	}
	c := new(sync.Mutex)
	r.Enter(c)
	r.Leave(c)
	r.Close(func(c *sync.Mutex) {
		dropped.Add(1)
		go r.Leave(c)
	})
	if got, want := dropped.Load(), int32(3); got != want {
		t.Errorf("dropped: got %d, want %d", got, want)
	}
	if r.Enter(c) {
		t.Error("let in after Close")
	}
	r.Close(func(*sync.Mutex) { t.Error("dropped twice") })
}

// A library that reads notices that its connection was dropped, and closes.
func TestListener(t *testing.T) {
	var lc net.ListenConfig
	under, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var r Roster[*Conn]
	ln := Listen(under, &r)
	defer ln.Close()
	for range 2 {
		peer, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { peer.Close() })
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var library sync.WaitGroup
	library.Go(func() {
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got error %v, want net.ErrClosed", err)
		}
		conn.Close()
		conn.Close()
	})
	r.Close((*Conn).Drop)
	library.Wait()
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: got error %v, want net.ErrClosed", err)
	}
}
