package netpoll

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test for something that must happen.
const patience = 20 * time.Second

// quiet is how long a test looks for something that must not happen.
const quiet = 30 * time.Millisecond

// link is a transport under test: pair returns its two connected ends.
type link struct {
	pair   func(t *testing.T) (server, client net.Conn)
	tcp    bool // it runs over TCP: the kernel buffers, and there is RST
	halves bool // one direction can be closed alone
	fake   bool // it lives in memory: its tests run on a fake clock
}

func pipeLink() link {
	pair := func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() }
	return link{pair: pair, fake: true}
}

func unixLink() link { return link{pair: unixPair, halves: true} }

// unixPair connects two Unix stream sockets.
func unixPair(t *testing.T) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func tcpLink() link { return link{pair: tcpPair, tcp: true, halves: true} }

// tcpPair connects two sockets over loopback. The way to the client holds
// little, so that a client that does not read is soon felt.
func tcpPair(t *testing.T) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(server.(*net.TCPConn).SetWriteBuffer(32<<10), client.(*net.TCPConn).SetReadBuffer(32<<10))
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// tlsLink wraps the ends of under, with one certificate for all pairs.
func tlsLink(t *testing.T, under link) link {
	t.Helper()
	cert := certificate(t)
	under.halves = true
	raw := under.pair
	under.pair = func(t *testing.T) (net.Conn, net.Conn) {
		t.Helper()
		a, b := raw(t)
		server := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{cert}})
		client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
		failed := make(chan error, 1)
		go func() { failed <- server.Handshake() }()
		if err := errors.Join(client.Handshake(), <-failed); err != nil {
			t.Fatal(err)
		}
		return server, client
	}
	return under
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// history is what a rig has seen of one connection.
type history struct {
	data                       []byte
	readable, writable, closed int
	late                       int // events after Closed
	err                        error
}

func (h *history) events() int { return h.readable + h.writable + h.closed }

// rig is a Loop: the test's goroutine runs it and calls the Poller.
type rig struct {
	t    *testing.T
	p    Poller
	seen map[Token]*history
	on   func(Event) // called in the handler, if not nil
}

// newRig returns a rig that is closed with the test and then has left no
// goroutine behind.
func newRig(t *testing.T, p Poller) *rig {
	t.Helper()
	r := &rig{t: t, p: p, seen: make(map[Token]*history)}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// slotted makes a Token as Loops do of the number a test gives a connection.
func slotted(number Token) Token { return number<<32 | (number + 1) }

// add connects a pair and gives its server end to the driver. Events come with
// the number instead of the token.
func (r *rig) add(l link, number Token) (Socket, net.Conn, *history) {
	r.t.Helper()
	server, client := l.pair(r.t)
	r.t.Cleanup(func() { client.Close() })
	sock, err := r.p.Add(server, slotted(number))
	if err != nil {
		r.t.Fatal(err)
	}
	r.seen[number] = &history{}
	return sock, client, r.seen[number]
}

// handle records ev, and spoils its data as a Loop may that unmasks in place.
func (r *rig) handle(ev Event) {
	if number := ev.Token >> 32; ev.Token == slotted(number) {
		ev.Token = number
	}
	h := r.seen[ev.Token]
	if h == nil {
		r.t.Errorf("event for an unknown token: %+v", ev)
		return
	}
	if h.closed > 0 {
		h.late++
	}
	switch ev.Kind {
	case Readable:
		h.readable++
		if len(ev.Data) == 0 || len(ev.Data) > MaxRead {
			r.t.Errorf("a readable event of %d bytes", len(ev.Data))
		}
		h.data = append(h.data, ev.Data...)
	case Writable:
		h.writable++
	case Closed:
		h.closed++
		h.err = ev.Err
	}
	if r.on != nil {
		r.on(ev)
	}
	clear(ev.Data)
}

// until runs the Loop until cond holds.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	for limit := time.Now().Add(patience); !cond(); {
		if time.Now().After(limit) {
			r.t.Fatalf("waited in vain: %s", what)
		}
		r.p.Wait(time.Now().Add(5*time.Millisecond), r.handle)
	}
}

// idle runs the Loop for d.
func (r *rig) idle(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.p.Wait(end, r.handle)
	}
}

// send sends all of b as a Loop does.
func (r *rig) send(sock Socket, h *history, b []byte) {
	r.t.Helper()
	for len(b) > 0 {
		n, err := sock.Send(b)
		if err != nil {
			r.t.Fatalf("send: %v", err)
		}
		b = b[n:]
		if len(b) > 0 {
			before := h.writable
			sock.WantWrite(true)
			r.until("writable", func() bool { return h.writable > before })
		}
	}
}

// fill sends until nothing more is taken, and returns what was. Then a
// WantWrite(true) is outstanding.
func (r *rig) fill(sock Socket, h *history) []byte {
	r.t.Helper()
	all := noise(1<<20, 3)
	sent := 0
	for {
		n, err := sock.Send(all[sent:])
		if err != nil {
			r.t.Fatalf("send: %v", err)
		}
		sent += n
		if sent == len(all) {
			r.t.Fatal("the socket takes everything")
		}
		before := h.writable
		sock.WantWrite(true)
		for end := time.Now().Add(5 * quiet); h.writable == before && time.Now().Before(end); {
			r.p.Wait(end, r.handle)
		}
		if h.writable == before {
			return all[:sent]
		}
	}
}

// noise returns n bytes that repeat nowhere near.
func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	x := seed*0x9e3779b97f4a7c15 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return b
}

// received is all that a client read, and the error that ended it.
type received struct {
	data []byte
	err  error // nil for io.EOF
}

// slurp reads conn to its end on a goroutine of its own.
func slurp(conn net.Conn) <-chan received {
	out := make(chan received, 1)
	go func() {
		b, err := io.ReadAll(conn)
		out <- received{b, err}
	}()
	return out
}

// receive runs the Loop until c delivers.
func receive[T any](r *rig, what string, c <-chan T) (v T) {
	r.t.Helper()
	r.until(what, func() bool {
		select {
		case v = <-c:
			return true
		default:
			return false
		}
	})
	return v
}

// inBackground runs f on a goroutine and delivers its error.
func inBackground(f func() error) <-chan error {
	out := make(chan error, 1)
	go func() { out <- f() }()
	return out
}

// ended waits for a client that may have been cut, so that its error does not
// matter.
func ended(t *testing.T, client <-chan error) {
	t.Helper()
	select {
	case err := <-client:
		t.Logf("the client ended with %v", err)
	case <-time.After(patience):
		t.Error("the client does not end")
	}
}

func writeAll(conn net.Conn, b []byte) func() error {
	return func() error {
		_, err := conn.Write(b)
		return err
	}
}

// flood writes b to conn again and again, on a goroutine of its own, until that
// fails.
func flood(conn net.Conn, b []byte) <-chan struct{} {
	out := make(chan struct{})
	go func() {
		defer close(out)
		for {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}()
	return out
}

// resetBy closes client so that the server sees RST.
func resetBy(t *testing.T, client net.Conn) {
	t.Helper()
	c := transport(client).(*net.TCPConn)
	if err := errors.Join(c.SetLinger(0), c.Close()); err != nil {
		t.Fatal(err)
	}
}

func wantData(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Errorf("%s: got %d bytes, want %d, first difference at %d", what, len(got), len(want), at)
}
