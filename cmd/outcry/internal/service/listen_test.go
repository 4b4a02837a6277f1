package service

import (
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

func TestNewServer(t *testing.T) {
	cfg := settings.Default()
	cfg.Listen.HeaderTimeout = 3 * time.Second
	cfg.Timing.MessageTimeout = 20 * time.Second
	cfg.Timing.WriteTimeout = 100 * time.Second
	got := newServer(&cfg, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, tt := range map[string]struct{ got, want any }{
		"ReadHeaderTimeout": {got.ReadHeaderTimeout, 3 * time.Second},
		"ReadTimeout":       {got.ReadTimeout, 23 * time.Second},
		"WriteTimeout":      {got.WriteTimeout, 120 * time.Second},
		"IdleTimeout":       {got.IdleTimeout, time.Minute},
		"MaxHeaderBytes":    {got.MaxHeaderBytes, 32 << 10},
		"HTTP/1":            {got.Protocols.HTTP1(), true},
		"HTTP/2":            {got.Protocols.HTTP2() || got.Protocols.UnencryptedHTTP2(), false},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", name, tt.got, tt.want)
		}
	}
}

func TestHostOf(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:8000": "localhost:8000", "[::]:8000": "localhost:8000", "127.0.0.1:1": "localhost:1",
		"192.0.2.1:80": "192.0.2.1:80", "[2001:db8::1]:80": "[2001:db8::1]:80",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostOf(a); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
