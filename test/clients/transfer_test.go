package clients

import (
	"context"
	"testing"
)

// TestTransfer has clients that others wrote receive compressed messages and
// arrays of them.
func TestTransfer(t *testing.T) {
	scenarios := []string{"compressed", "sent", "declined", "arrays", "plain"}
	browser := scenarios[:4] // it cannot help offering compression
	clients := []struct {
		name, scheme string
		scenarios    []string
		converse     func(context.Context, talk) error
	}{
		{"ws", "ws", scenarios, program("node", "transfer_ws.mjs")},
		{"python", "ws", scenarios, program("/usr/bin/python3", "transfer_client.py")},
		{"chromium", "http", browser, program("node", "transfer_chromium.mjs")},
		{"coder", "ws", scenarios, transfers},
	}
	// The window is wide, so that a burst surely falls into one.
	running := startService(t, "--compression-enabled", "--flush-window", "50ms")
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), conversationTimeout)
			defer cancel()
			given, results := running.talk(ctx, c.scheme, c.name)
			err := c.converse(ctx, given)
			judge(t, c.scenarios, results, err, nil)
		})
	}
}
