package outcry

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// Before Run, and after it, a node refuses everything and waits for nothing.
func TestNotRunning(t *testing.T) {
	check := func(t *testing.T, n *Node, code protocol.Code) {
		t.Helper()
		ctx := t.Context()
		calls := map[string]func() error{
			"Ready":         n.Ready,
			"Publish":       func() error { _, err := n.Publish(ctx, Message{Channel: "a", Data: []byte("1")}); return err },
			"SendToChannel": func() error { _, _, err := n.SendToChannel(ctx, Message{Channel: "a", Data: []byte("1")}); return err },
			"Broadcast":     func() error { _, err := n.Broadcast(ctx, []byte(`{"a":1}`)); return err },
			"SendToUser":    func() error { _, err := n.SendToUser(ctx, "u", []byte(`{"a":1}`)); return err },
			"SendToGroup":   func() error { _, err := n.SendToGroup(ctx, "g", []byte(`{"a":1}`)); return err },
			"Stats":         func() error { _, err := n.Stats(ctx); return err },
			"Clients":       func() error { _, err := n.Clients(ctx, Page{}); return err },
			"Channel":       func() error { _, err := n.Channel(ctx, "a"); return err },
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, ErrNotRunning) && (name != "Ready" || !errors.Is(err, ErrDraining)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := n.Disconnect(ctx, "c", protocol.CloseNormal, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Disconnect: %v", err)
		}
		w := httptest.NewRecorder()
		n.ServeHTTP(w, httptest.NewRequest("GET", "/ws", nil))
		if w.Code != 503 || !strings.Contains(w.Body.String(), string(code)) || w.Header().Get("Retry-After") != "1" {
			t.Errorf("upgrade: %d %s, Retry-After %s", w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
	n, err := New(open())
	if err != nil {
		t.Fatal(err)
	}
	check(t, n, protocol.CodeUnavailable)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	eventually(t, "ready", func() bool { return n.Ready() == nil })
	if _, err := n.Publish(ctx, Message{Channel: "a", Data: []byte("1")}); err != nil {
		t.Errorf("Publish: %v", err)
	}
	cancel()
	cancel() // a second time changes nothing
	if err := <-ran; err != nil {
		t.Errorf("Run: %v", err)
	}
	check(t, n, protocol.CodeDraining)
}

func TestRunTwice(t *testing.T) {
	r := start(t, open())
	if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("second Run: %v", err)
	}
	c := r.connect("/ws") // the first goes on
	c.send(`{"type":"ping"}`)
	c.want("pong")
	r.stop()
	if err := r.Run(t.Context()); err == nil {
		t.Error("Run after Run")
	}
}

func TestRunCancelledBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, err := New(open())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		if err := n.Run(ctx); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// endingBroker is a memory broker whose Run ends by itself.
type endingBroker struct {
	*memoryBroker
	end func() error
}

// Run implements Broker.
func (b endingBroker) Run(ctx context.Context, sink Sink) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := b.memoryBroker.Run(ctx, sink); err != nil {
		return err
	}
	return b.end()
}

// A broker that has ended makes the node not ready, and its error is that of
// Run; clients are served meanwhile.
func TestBrokerEnds(t *testing.T) {
	lost := errors.New("connection lost")
	for name, tt := range map[string]struct {
		end  func() error
		want string // of Run's error
	}{
		"error":   {func() error { return lost }, "connection lost"},
		"panic":   {func() error { panic("broker") }, "broker panicked: broker"},
		"nothing": {func() error { return nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := open()
				cfg.Broker = endingBroker{newMemoryBroker(), tt.end}
				cfg.Logger = slog.New(slog.DiscardHandler)
				n, err := New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				ran := make(chan error, 1)
				go func() { ran <- n.Run(ctx) }()
				synctest.Wait()
				if err := n.Ready(); err != nil {
					t.Errorf("at first: %v", err)
				}
				time.Sleep(2 * time.Second)
				if err := n.Ready(); err == nil {
					t.Error("ready without a broker")
				}
				if _, err := n.Stats(ctx); err != nil {
					t.Errorf("Stats: %v", err)
				}
				cancel()
				err = <-ran
				if got := errText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
					t.Errorf("Run: %v, want %q", err, tt.want)
				}
			})
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestHandlePanics(t *testing.T) {
	h := func(context.Context, *Request) error { return nil }
	n, err := New(open())
	if err != nil {
		t.Fatal(err)
	}
	n.Handle("order", h)
	for name, misuse := range map[string]func(){
		"empty":    func() { n.Handle("", h) },
		"built in": func() { n.Handle("subscribe", h) },
		"doubled":  func() { n.Handle("order", h) },
		"nil":      func() { n.Handle("cancel", nil) },
		"after Run": func() {
			r := start(t, open())
			r.Handle("late", h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse()
		})
	}
}

func TestName(t *testing.T) {
	cfg := open()
	cfg.NodeName = "n1"
	r := start(t, cfg)
	if c := r.connect("/ws"); r.Name() != "n1" || c.hello.str("node") != "n1" {
		t.Errorf("%q, %v", r.Name(), c.hello)
	}
	a, errA := New(open())
	b, errB := New(open())
	if errA != nil || errB != nil || a.Name() == "" || a.Name() == b.Name() {
		t.Errorf("default names %q and %q", a.Name(), b.Name())
	}
}
