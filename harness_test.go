package outcry

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that should happen at once.
const patience = 20 * time.Second

// rig is a running node behind a real http.Server, over TCP or, for tests in a
// synctest bubble, over pipes.
type rig struct {
	*Node
	t    *testing.T
	dial func() (net.Conn, error)
	stop func() // ends Run and waits for it; may be called twice
	logs *logBuffer
	wait time.Duration // how long clients wait for a frame
}

// transportVariable names the environment variable that has the tests over TCP
// use one of the drivers.
const transportVariable = "OUTCRY_TEST_TRANSPORT"

// start runs a node on a TCP port of 127.0.0.1. prepare is called before Run.
func start(t *testing.T, cfg Config, prepare ...func(*Node)) *rig {
	t.Helper()
	if cfg.Transport == "" {
		cfg.Transport = Transport(os.Getenv(transportVariable))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, cfg, ln, func() (net.Conn, error) { return net.Dial("tcp", ln.Addr().String()) }, prepare...)
}

// startPipe runs a node over net.Pipe, for synctest bubbles.
func startPipe(t *testing.T, cfg Config, prepare ...func(*Node)) *rig {
	t.Helper()
	ln := newPipeListener()
	r := startOn(t, cfg, ln, ln.Dial, prepare...)
	r.wait = 24 * time.Hour // of fake time: a test that waits in vain ends all the same
	return r
}

func startOn(t *testing.T, cfg Config, ln net.Listener, dial func() (net.Conn, error), prepare ...func(*Node)) *rig {
	t.Helper()
	logs := &logBuffer{}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prepare {
		p(n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	eventually(t, "node is ready", func() bool { return n.Ready() == nil })
	srv := &http.Server{Handler: n, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug)}
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(ln) }()
	r := &rig{Node: n, t: t, dial: dial, logs: logs, wait: patience}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		_ = srv.Close()
		<-served
	})
	t.Cleanup(r.stop)
	return r
}

// in is r for a subtest: failures and clean-up are those of t.
func (r *rig) in(t *testing.T) *rig {
	t.Helper()
	sub := *r
	sub.t = t
	return &sub
}

// onBoth runs f on a node over TCP and on one over pipes, each with a control
// client, and checks that they settle.
func onBoth(t *testing.T, cfg Config, f func(t *testing.T, r *rig)) {
	t.Helper()
	for _, name := range []string{"tcp", "pipe"} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			if name == "tcp" {
				r = start(t, cfg)
			} else {
				r = startPipe(t, cfg)
				r.wait = patience // of real time
			}
			control := r.connect("/ws/control")
			before := measure(r)
			f(t, r)
			settled(t, r, control, before)
		})
	}
}

// open is a Config that admits everybody and lets them publish everywhere.
func open() Config {
	return Config{Access: Access{Insecure: true}, Rules: []Rule{{Match: ">", ClientPublish: true, Presence: true}}}
}

// eventually polls for a condition. In a synctest bubble the polling costs no
// time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		<-time.After(time.Millisecond)
	}
}

// object is a decoded message.
type object map[string]any

func (o object) str(key string) string { s, _ := o[key].(string); return s }

// client is a WebSocket client that speaks raw frames.
type client struct {
	t    *testing.T
	conn net.Conn
	br   *bufio.Reader
	id   string
	// hello is connection_established, where the server sent it first.
	hello object
	wait  time.Duration
}

// connect opens a connection and reads connection_established. path is what
// follows the host, e.g. "/ws/alice?token=T".
func (r *rig) connect(path string, headers ...string) *client {
	r.t.Helper()
	c, status, body := r.try(path, headers...)
	if c == nil {
		r.t.Fatalf("connect %s: %d %s", path, status, body)
	}
	c.hello = c.want("connection_established")
	c.id = c.hello.str("client_id")
	return c
}

// try opens a connection; a refusal returns its status and body.
func (r *rig) try(path string, headers ...string) (c *client, status int, body string) {
	r.t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	var refusal strings.Builder
	d := ws.Dialer{
		Timeout: patience,
		NetDial: func(context.Context, string, string) (net.Conn, error) { return r.dial() },
		Header:  ws.HandshakeHeaderHTTP(h),
		OnStatusError: func(code int, _ []byte, resp io.Reader) {
			status = code
			_, _ = io.Copy(&refusal, io.LimitReader(resp, 4096))
		},
	}
	nc, br, _, err := d.Dial(context.Background(), "ws://node.test"+path)
	if err != nil {
		if status == 0 {
			r.t.Fatalf("dial %s: %v", path, err)
		}
		_, body, _ = strings.Cut(refusal.String(), "\r\n\r\n")
		return nil, status, body
	}
	if br == nil {
		br = bufio.NewReader(nc)
	}
	r.t.Cleanup(func() { _ = nc.Close() })
	return &client{t: r.t, conn: nc, br: br, wait: r.wait}, http.StatusSwitchingProtocols, ""
}

// send writes one text message.
func (c *client) send(format string, args ...any) {
	c.t.Helper()
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	c.frame(ws.OpText, []byte(text))
}

// frame writes one masked frame.
func (c *client) frame(op ws.OpCode, payload []byte) {
	c.t.Helper()
	c.raw(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, true, slices.Clone(payload)))))
}

// raw writes bytes.
func (c *client) raw(b []byte) {
	c.t.Helper()
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// next reads the next frame, answering nothing by itself.
func (c *client) next() (ws.OpCode, []byte, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.wait))
	h, err := ws.ReadHeader(c.br)
	if err != nil {
		return 0, nil, err
	}
	if h.Masked || !h.Fin || h.Rsv != 0 {
		return 0, nil, fmt.Errorf("server frame %+v", h)
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(c.br, payload)
	return h.OpCode, payload, err
}

// message reads the next text message. Pings are answered on the way.
func (c *client) message() object {
	c.t.Helper()
	for {
		op, payload, err := c.next()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		switch op {
		case ws.OpPing:
			c.frame(ws.OpPong, payload)
			continue
		case ws.OpPong:
			continue
		case ws.OpText:
		default:
			c.t.Fatalf("got frame %v %q, want a text message", op, payload)
		}
		var o object
		if err := json.Unmarshal(payload, &o); err != nil {
			c.t.Fatalf("message %q: %v", payload, err)
		}
		return o
	}
}

// want reads the next message, heartbeats left out, and checks its type.
func (c *client) want(msgType string) object {
	c.t.Helper()
	for {
		o := c.message()
		if o.str("type") == "heartbeat" && msgType != "heartbeat" {
			continue
		}
		if o.str("type") != msgType {
			c.t.Fatalf("got %v, want type %q", o, msgType)
		}
		return o
	}
}

// subscribe subscribes and reads the result.
func (c *client) subscribe(channel string) {
	c.t.Helper()
	c.send(`{"type":"subscribe","channel":%q}`, channel)
	if o := c.want("subscription_result"); o["success"] != true {
		c.t.Fatalf("subscribe %s: %v", channel, o)
	}
}

// wantClose reads up to the Close frame and checks its code; then the server
// must end the connection.
func (c *client) wantClose(code uint16) (reason string) {
	c.t.Helper()
	for {
		op, payload, err := c.next()
		if err != nil {
			c.t.Fatalf("read: %v; want close %d", err, code)
		}
		if op != ws.OpClose {
			continue
		}
		got, reason := ws.StatusCode(1005), ""
		if len(payload) >= 2 {
			got, reason = ws.ParseCloseFrameData(payload)
		}
		if uint16(got) != code {
			c.t.Fatalf("close %d %q, want %d", got, reason, code)
		}
		if _, _, err := c.next(); err == nil {
			c.t.Fatal("a frame after the Close frame")
		}
		return reason
	}
}

// settled checks that a node is back to rest: no connection, subscription,
// queue, credit, goroutine or descriptor is left of what the test did, and
// control, a client that was there all along, is served and saw no gap.
func settled(t *testing.T, r *rig, control *client, before resources) {
	t.Helper()
	control.send(`{"type":"ping","timestamp":"settled"}`)
	for {
		o := control.message()
		if o.str("type") == "gap" {
			t.Fatalf("the control client lost messages: %v", o)
		}
		if o.str("type") == "pong" && o.str("client_timestamp") == "settled" {
			break
		}
	}
	eventually(t, "connections, queues and credits are back", func() bool {
		s, err := r.Stats(context.Background())
		return err == nil && s.ActiveConnections == 1 && s.Unauthenticated == 0 && s.QueuedMessages == 0 &&
			s.QueuedBytes == 0 && s.InFlight == 0 && s.Subscriptions == before.subscriptions
	})
	eventually(t, "goroutines and descriptors are back", func() bool {
		now := measure(r)
		return now.goroutines <= before.goroutines+2 && now.files <= before.files
	})
}

// resources is what settled compares.
type resources struct{ goroutines, files, subscriptions int }

// measure takes stock. Call it when only the control client is connected.
func measure(r *rig) resources {
	s, _ := r.Stats(context.Background())
	return resources{runtime.NumGoroutine(), openFiles(), s.Subscriptions}
}

// openFiles counts descriptors, without those that a Loop makes for its first
// connection over TCP and keeps.
func openFiles() (n int) {
	const dir = "/proc/self/fd/"
	fds, _ := os.ReadDir(dir)
	for _, fd := range fds {
		name, _ := os.Readlink(dir + fd.Name())
		if name != "anon_inode:[eventpoll]" && name != "anon_inode:[timerfd]" {
			n++
		}
	}
	return n
}

// logBuffer collects the node's log. Safe for concurrent use.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// pipeListener is a net.Listener of net.Pipe connections.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Dial returns the client's end of a new connection.
func (l *pipeListener) Dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
