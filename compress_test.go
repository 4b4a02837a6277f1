package outcry

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/internal/wire"
)

// compressing is a node that compresses messages of 200 bytes and more.
func compressing() Config {
	cfg := open()
	cfg.Compression = Compression{Enabled: true, MinSize: 200}
	return cfg
}

// deflateTail ends a compressed message that has been cut as RFC 7692 section
// 7.2.1 demands, and a stream of them.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// deflateClient is a client that offers compression.
type deflateClient struct {
	*client
	extensions string // what the server answered
}

func (r *rig) connectDeflate(path, offer string) *deflateClient {
	r.t.Helper()
	offers, ok := httphead.ParseOptions([]byte(offer), nil)
	if !ok && offer != "" {
		r.t.Fatalf("offer %q", offer)
	}
	d := ws.Dialer{
		Timeout:    patience,
		NetDial:    func(context.Context, string, string) (net.Conn, error) { return r.dial() },
		Extensions: offers,
	}
	nc, br, hs, err := d.Dial(context.Background(), "ws://node.test"+path)
	if err != nil {
		r.t.Fatalf("dial %s: %v", path, err)
	}
	if br == nil {
		br = bufio.NewReader(nc)
	}
	r.t.Cleanup(func() { _ = nc.Close() })
	c := &deflateClient{&client{t: r.t, conn: nc, br: br, wait: r.wait}, written(hs.Extensions)}
	c.hello, _ = c.message()
	c.id = c.hello.str("client_id")
	return c
}

// message reads the next text message and tells whether it was compressed.
func (c *deflateClient) message() (o object, compressed bool) {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(c.wait))
	f, err := ws.ReadFrame(c.br) //nolint:staticcheck // of our own server
	if err != nil || f.Header.OpCode != ws.OpText {
		c.t.Fatalf("frame %+v, %v; want a text message", f.Header, err)
	}
	payload, compressed := f.Payload, f.Header.Rsv1()
	if compressed {
		if payload, err = inflate(f.Payload); err != nil {
			c.t.Fatal(err)
		}
	}
	return decode(c.t, string(payload)), compressed
}

// written is how a header says it.
func written(extensions []httphead.Option) string {
	var b strings.Builder
	for _, x := range extensions {
		b.Write(x.Name)
		x.Parameters.ForEach(func(key, value []byte) bool {
			fmt.Fprintf(&b, "; %s", key)
			if len(value) > 0 {
				fmt.Fprintf(&b, "=%s", value)
			}
			return true
		})
	}
	return b.String()
}

func (c *deflateClient) expect(msgType string, compressed bool) object {
	c.t.Helper()
	o, z := c.message()
	if o.str("type") != msgType || z != compressed {
		c.t.Fatalf("got %.80v, compressed %v; want %s, compressed %v", o, z, msgType, compressed)
	}
	return o
}

func inflate(b []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(b), strings.NewReader(deflateTail))))
}

// deflated makes a client's compressed frame.
func deflated(t *testing.T, payload string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f := ws.NewFrame(ws.OpText, true, bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff")))
	f.Header.Rsv = ws.Rsv(true, false, false)
	return ws.MustCompileFrame(ws.MaskFrame(f))
}

func padded(n int) string {
	return fmt.Sprintf(`{"type":"news","pad":%q}`, strings.Repeat("outcry ", n/7))
}

// Case 6: what is negotiated, and what is not.
func TestCompressionOffers(t *testing.T) {
	const both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	on := start(t, compressing())
	off := start(t, open())
	for _, tt := range []struct {
		r                 *rig
		path, offer, want string
	}{
		{on, "/ws", "permessage-deflate", both},
		{on, "/ws", "permessage-deflate; client_max_window_bits", both},
		{on, "/ws", "x-unknown, permessage-deflate; client_max_window_bits=7, permessage-deflate", both},
		{on, "/ws", "permessage-deflate; server_max_window_bits=12", both + "; server_max_window_bits=12"},
		{on, "/ws", "permessage-deflate; window=3", ""},
		{on, "/ws?compress=1", "permessage-deflate", both},
		{on, "/ws?compress=0", "permessage-deflate", ""},
		{off, "/ws", "permessage-deflate", ""},
	} {
		if c := tt.r.connectDeflate(tt.path, tt.offer); c.extensions != tt.want {
			t.Errorf("%s, offer %q: answer %q, want %q", tt.path, tt.offer, c.extensions, tt.want)
		}
	}
}

func TestTransferSwitches(t *testing.T) {
	r := start(t, compressing())
	for _, path := range []string{"/ws?batch=yes", "/ws?compress=2"} {
		if _, status, body := r.try(path); status != http.StatusBadRequest || !strings.Contains(body, "must be 0 or 1") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// Case 24: one broadcast to clients of every kind arrives as the same object,
// compressed only where that was negotiated.
func TestCompressionOneBroadcast(t *testing.T) {
	r := start(t, compressing())
	const offer = "permessage-deflate; client_max_window_bits"
	kinds := map[string]struct {
		c          *deflateClient
		compressed bool
	}{
		"takes it":      {r.connectDeflate("/ws", offer), true},
		"refuses it":    {r.connectDeflate("/ws?compress=0", offer), false},
		"offers none":   {r.connectDeflate("/ws", ""), false},
		"small window":  {r.connectDeflate("/ws", "permessage-deflate; server_max_window_bits=9"), false},
		"medium window": {r.connectDeflate("/ws", "permessage-deflate; server_max_window_bits=12"), true},
		"batch":         {r.connectDeflate("/ws?batch=1", offer), false},
	}
	for _, k := range kinds {
		k.c.send(`{"type":"subscribe","channel":"c"}`)
		k.c.expect("subscription_result", false)
	}
	if _, err := r.Publish(t.Context(), Message{Channel: "c", Object: []byte(padded(2000))}); err != nil {
		t.Fatal(err)
	}
	var first object
	for name, k := range kinds {
		o := k.c.expect("news", k.compressed)
		if first == nil {
			first = o
		}
		if diff := cmp.Diff(first, o); diff != "" {
			t.Errorf("%s (-first +got):\n%s", name, diff)
		}
	}
}

// Case 24: what is secret, private or small is not compressed, and neither is
// any reply.
func TestCompressionScope(t *testing.T) {
	r := start(t, compressing())
	ctx := t.Context()
	c := r.connectDeflate("/ws/c", "permessage-deflate")
	c.send(`{"type":"subscribe","channel":"c","id":%q}`, strings.Repeat("i", 64))
	c.expect("subscription_result", false)
	long, short := []byte(padded(1000)), []byte(padded(100))
	for name, tt := range map[string]struct {
		send       func() error
		compressed bool
	}{
		"channel": {func() error { _, err := r.Publish(ctx, Message{Channel: "c", Object: long}); return err }, true},
		"small":   {func() error { _, err := r.Publish(ctx, Message{Channel: "c", Object: short}); return err }, false},
		"secret":  {func() error { _, err := r.Publish(ctx, Message{Channel: "c", Object: long, Secret: true}); return err }, false},
		"all":     {func() error { _, err := r.Broadcast(ctx, long); return err }, true},
		"client":  {func() error { _, err := r.SendToClient(ctx, "c", long); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tt.send(); err != nil {
				t.Fatal(err)
			}
			c.expect("news", tt.compressed)
		})
	}
	c.send(`{"type":"ping","timestamp":%q}`, strings.Repeat("t", 1000))
	c.expect("pong", false)
}

// Clients may compress what they send, whole and in fragments.
func TestCompressedCommands(t *testing.T) {
	r := start(t, compressing())
	c := r.connectDeflate("/ws", "permessage-deflate")
	c.raw(deflated(t, fmt.Sprintf(`{"type":"ping","id":"p1","pad":%q}`, strings.Repeat("t", 5000))))
	if o := c.expect("pong", false); o.str("id") != "p1" {
		t.Errorf("got %.80v", o)
	}
	plain := r.connect("/ws")
	plain.raw(deflated(t, `{"type":"ping"}`)) // case 15: without negotiation
	plain.wantClose(1002)
}

// Case 22: a bomb costs its sender the connection, before login already by the
// limit of those who have not logged in.
func TestCompressionBomb(t *testing.T) {
	cfg := compressing()
	cfg.Limits.MaxMessageSize = 64 << 10
	cfg.Access = Access{Authenticator: authFunc(func(context.Context, string) (Identity, error) { return Identity{UserID: "u"}, nil })}
	r := start(t, cfg)
	for path, size := range map[string]int{"/ws?token=t": 64 << 10, "/ws": unauthenticatedSize} {
		fits := fmt.Sprintf(`{"type":"none","x":%q}`, strings.Repeat("x", size-22))
		c := r.connectDeflate(path, "permessage-deflate")
		c.raw(deflated(t, fits))
		c.expect("error", false)
		c.raw(deflated(t, fits+" "))
		c.wantClose(1009)
	}
}

// All who take a publication compressed share one frame; who asks first, here
// at the same time, makes it.
func TestCompressedOnce(t *testing.T) {
	n, err := New(compressing())
	if err != nil {
		t.Fatal(err)
	}
	p := publication("c", padded(1000))
	frames := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range frames {
		all.Go(func() { frames[i] = n.compression.frame(p) })
	}
	all.Wait()
	for _, f := range frames {
		if len(f) == 0 || &f[0] != &frames[0][0] || len(f) >= len(p.frame) {
			t.Fatalf("frame of %d bytes beside one of %d", len(f), len(p.frame))
		}
	}
	if noise := publication("c", fmt.Sprintf("%q", randomText(500))); n.compression.frame(noise) != nil {
		t.Error("a frame that is no smaller")
	}
}

func randomText(n int) string {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = ' ' + byte(x>>32%90)
	}
	return string(b)
}

// A publisher compresses what is large, so that no Loop has to, if anybody
// takes it so.
func TestCompressedAhead(t *testing.T) {
	n, err := New(compressing())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		clients int64
		size    int
		want    bool
	}{{0, 2 * compressAhead, false}, {1, 2 * compressAhead, true}, {1, compressAhead / 2, false}} {
		n.compression.clients.Store(tt.clients)
		p := publication("c", padded(tt.size))
		n.ahead(p)
		if p.packed.frame != nil {
			t.Errorf("%d clients, %d bytes: compressed for nobody", tt.clients, tt.size)
		}
		n.interest.add("c", 0)
		n.ahead(p)
		n.interest.remove("c", 0)
		if got := p.packed.frame != nil; got != tt.want {
			t.Errorf("%d clients, %d bytes: compressed %v, want %v", tt.clients, tt.size, got, tt.want)
		}
	}
}

// The count of those who take compressed frames goes with them.
func TestCompressionClients(t *testing.T) {
	r := start(t, compressing())
	c := r.connectDeflate("/ws", "permessage-deflate")
	r.connectDeflate("/ws?batch=1", "permessage-deflate")
	r.connect("/ws")
	if n := r.compression.clients.Load(); n != 1 {
		t.Errorf("%d clients, want 1", n)
	}
	_ = c.conn.Close()
	eventually(t, "nobody takes compressed frames", func() bool { return r.compression.clients.Load() == 0 })
}

// A read that inflates to very much is served over several turns, so that the
// Loop's other clients do not wait for all of it.
func TestInflatedInTurns(t *testing.T) {
	l := newBareLoop(t, compressing())
	sock := &fakeSocket{room: -1}
	c := attach(l, sock)
	c.deflate = wire.Deflate{WindowBits: 15}
	const messages = 40
	one := deflated(t, fmt.Sprintf(`{"type":"pong","x":%q}`, strings.Repeat("a", 1_000_000)))
	c.receive(bytes.Repeat(one, messages))
	for turn := uint64(1); turn <= messages; turn++ {
		if l.count.received != turn || sock.paused != (turn < messages) {
			t.Fatalf("turn %d: %d messages served, paused %v", turn, l.count.received, sock.paused)
		}
		l.runControl()
	}
	if c.state != StateConnected || c.work != nil || c.in != nil {
		t.Errorf("state %v, work %v", c.state, c.work)
	}
}
