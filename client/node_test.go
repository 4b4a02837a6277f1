package client_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// patience bounds every wait of these tests; it is reached on a failure only.
const patience = 20 * time.Second

// launch runs a node on a free port; url is that of its WebSocket.
func launch() (node *outcry.Node, url string, stop func() error, err error) {
	node, err = outcry.New(outcry.Config{
		Access: outcry.Access{Insecure: true},
		Rules:  []outcry.Rule{{Match: ">", ClientPublish: true}},
		Timing: outcry.Timing{DrainTimeout: 50 * time.Millisecond},
	})
	if err != nil {
		return nil, "", nil, err
	}
	srv := httptest.NewServer(node)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- node.Run(ctx) }()
	stop = func() error {
		cancel()
		defer srv.Close()
		return <-done
	}
	for deadline := time.Now().Add(patience); node.Ready() != nil && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	return node, "ws" + strings.TrimPrefix(srv.URL, "http") + "/ws", stop, node.Ready()
}

func start(t *testing.T) (node *outcry.Node, url string) {
	t.Helper()
	node, url, stop, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return node, url
}

// connect dials and subscribes to c; connected carries each client id.
func connect(t *testing.T, url string) (c *client.Client, connected chan string) {
	t.Helper()
	connected = make(chan string, 10)
	c, err := client.Dial(t.Context(), client.Options{URL: url, BackoffMin: time.Millisecond, OnState: func(e client.Event) {
		if e.State == client.Connected {
			connected <- e.Established.ClientID
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if subs, err := c.Subscribe(t.Context(), "c"); err != nil || subs[0].Err != nil {
		t.Fatalf("%+v, %v", subs, err)
	}
	return c, connected
}

// arrive publishes to c until a message comes back: after a reconnect the
// subscription takes a moment.
func arrive(t *testing.T, node *outcry.Node, c *client.Client) client.Message {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if _, err := node.Publish(t.Context(), outcry.Message{Channel: "c", Data: []byte(`1`)}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		m, err := c.Receive(ctx)
		cancel()
		if err == nil {
			return m
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	t.Fatal("nothing arrived")
	return client.Message{}
}

func TestNodeAndClient(t *testing.T) {
	node, url := start(t)
	c, connected := connect(t, url)
	first := <-connected
	if m := arrive(t, node, c); m.Type != "message" || m.Channel != "c" {
		t.Errorf("message %+v", m)
	}
	if _, err := c.Publish(t.Context(), client.Publication{Channel: "c", Data: []byte(`"me"`)}); err != nil {
		t.Error(err)
	}
	if _, err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	subs, err := c.Subscribe(t.Context(), "@all")
	if e, ok := errors.AsType[*protocol.Error](subs[0].Err); err != nil || !ok || e.Code != protocol.CodeBadChannel {
		t.Errorf("internal channel: %+v, %v", subs, err)
	}

	if err := node.Disconnect(t.Context(), first, protocol.CloseSlowConsumer, ""); err != nil {
		t.Fatal(err)
	}
	second := <-connected
	if second == first {
		t.Errorf("the client id %s came back", first)
	}
	arrive(t, node, c)

	if err := node.Disconnect(t.Context(), second, protocol.CloseForbidden, "revoked"); err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Messages(t.Context()) {
		if e, ok := errors.AsType[*client.CloseError](err); err != nil && (!ok || e.Code != protocol.CloseForbidden) {
			t.Errorf("the end: %v", err)
		}
	}
}

func TestNodeRefuses(t *testing.T) {
	node, err := outcry.New(outcry.Config{Access: outcry.Access{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(node) // and no Run
	defer srv.Close()
	_, err = client.Dial(t.Context(), client.Options{URL: srv.URL + "/ws"})
	if e, ok := errors.AsType[*client.RefusedError](err); !ok || e.Status != 503 || e.RetryAfter == 0 {
		t.Errorf("error %v", err)
	}
}
