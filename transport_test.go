package outcry

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// A node on TransportAuto carries every kind of connection at once.
func TestTransportAuto(t *testing.T) {
	r := start(t, Config{Access: open().Access, Transport: TransportAuto, Loops: 1})
	secure := httptest.NewTLSServer(r)
	defer secure.Close()
	path := filepath.Join(t.TempDir(), "s")
	local, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	memory := newPipeListener()
	for _, ln := range []net.Listener{local, memory} {
		srv := &http.Server{Handler: r}
		t.Cleanup(func() { _ = srv.Close() })
		go func() { _ = srv.Serve(ln) }()
	}
	dials := map[string]func() (net.Conn, error){
		"tcp":  r.dial,
		"unix": func() (net.Conn, error) { return net.Dial("unix", path) },
		"tls": func() (net.Conn, error) {
			return tls.Dial("tcp", secure.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		},
		"memory": memory.Dial,
	}
	clients := map[string]*client{}
	for name, dial := range dials {
		one := r.in(t)
		one.dial = dial
		clients[name] = one.connect("/ws/" + name)
		clients[name].subscribe("c")
	}
	if _, err := r.Publish(t.Context(), Message{Channel: "c", Data: []byte(`1`)}); err != nil {
		t.Fatal(err)
	}
	for name, c := range clients {
		if o := c.want("message"); o["data"] != 1.0 {
			t.Errorf("%s: %v", name, o)
		}
		_ = c.conn.Close()
	}
}

// TransportEpoll refuses what it cannot carry, TLS before the upgrade.
func TestTransportEpollRefuses(t *testing.T) {
	cfg := open()
	cfg.Transport = TransportEpoll
	r := start(t, cfg)
	r.connect("/ws")
	secure := httptest.NewTLSServer(r)
	defer secure.Close()
	one := r.in(t)
	one.dial = func() (net.Conn, error) {
		return tls.Dial("tcp", secure.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	}
	if _, status, body := one.try("/ws"); status != http.StatusServiceUnavailable || !strings.Contains(body, "transport: epoll") {
		t.Errorf("over TLS: %d %s", status, body)
	}

	memory := newPipeListener()
	srv := &http.Server{Handler: r}
	defer srv.Close()
	go func() { _ = srv.Serve(memory) }()
	one.dial = memory.Dial
	c, _, _ := one.try("/ws")
	if op, payload, err := c.next(); err == nil {
		t.Errorf("in memory: got %v %q", op, payload)
	}
	eventually(t, "its place is free", func() bool { return r.active.Load() == 1 })
}
