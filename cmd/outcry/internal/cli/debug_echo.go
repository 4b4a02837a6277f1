package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/echo"
	"github.com/outcry-dev/outcry/cmd/outcry/internal/service"
	"github.com/outcry-dev/outcry/internal/netpoll"
)

// The bounds of --max-message-size, those of the setting.
const (
	minEchoSize = 128
	maxEchoSize = 1 << 30
)

// debugEchoOptions are the flags of debug echo.
type debugEchoOptions struct {
	address, transport string
	maxMessageSize     int
}

func newDebugEcho(env *environment) *cobra.Command {
	o := &debugEchoOptions{}
	cmd := &cobra.Command{
		Use:   "echo",
		Short: "Send every WebSocket message back, for conformance suites",
		Long: `Sends every text and binary message back, over the same frames and transports
as "outcry serve": a target for conformance suites such as Autobahn. Any path
connects, from any origin, without a login. Compression (permessage-deflate) is
on for peers that offer it. The address is printed once peers can connect.`,
		Example: `  outcry debug echo --address 127.0.0.1:9001 --transport epoll`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.address, "address", "127.0.0.1:9001", "where peers connect: host:port; port 0: a free one")
	flags.StringVar(&o.transport, "transport", "auto", "auto, epoll (on Linux only) or goroutine")
	flags.IntVar(&o.maxMessageSize, "max-message-size", 16<<20, "bytes of one message; a larger one closes the connection with 1009")
	return cmd
}

func (o *debugEchoOptions) run(ctx context.Context, env *environment) error {
	cfg := echo.Config{
		MaxMessageSize: o.maxMessageSize,
		Logger:         slog.New(slog.NewTextHandler(env.Stderr, nil)),
	}
	var err error
	if cfg.Driver, err = driverNamed(o.transport, runtime.GOOS); err != nil {
		return usage(err)
	}
	if o.maxMessageSize < minEchoSize || o.maxMessageSize > maxEchoSize {
		return usage(fmt.Errorf("--max-message-size %d: allowed: an integer from %d to %d", o.maxMessageSize, minEchoSize, maxEchoSize))
	}
	listener, err := service.Listen(ctx, "--address", o.address)
	if err != nil {
		return err
	}
	var printErr error
	cfg.Ready = func() { _, printErr = fmt.Fprintf(env.Stdout, "echo on ws://%s/\n", reachable(listener.Addr())) }
	return errors.Join(echo.Serve(ctx, listener, cfg), printErr)
}

// driverNamed is the driver that --transport means on a system, named as in
// runtime.GOOS.
func driverNamed(name, system string) (netpoll.Driver, error) {
	switch name {
	case "auto":
		return netpoll.Auto, nil
	case "epoll":
		if system != "linux" {
			return 0, fmt.Errorf("--transport epoll exists on Linux only, and this is %s; allowed: auto or goroutine", system)
		}
		return netpoll.EpollOnly, nil
	case "goroutine":
		return netpoll.GoroutineOnly, nil
	}
	return 0, fmt.Errorf("--transport %q: allowed: auto, epoll or goroutine", name)
}

// reachable is addr, or where a program on this machine finds a listener of
// every interface.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}
