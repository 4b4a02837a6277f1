// Command outcry is a real-time WebSocket service and its tools. Run
// "outcry help" for the commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/cli"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version string

func main() {
	// The signals stay caught until the process ends, so that a second one
	// does not cut a drain short.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := cli.Main(ctx, version, os.Args[1:])
	stop()
	os.Exit(code)
}
