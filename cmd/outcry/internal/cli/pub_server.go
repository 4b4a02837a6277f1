package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/pflag"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// The addresses of a server started without options.
const (
	defaultAPI = "http://127.0.0.1:8000"
	defaultURL = "ws://127.0.0.1:8000/ws"
)

// apiFlags say how a command reaches the HTTP API.
type apiFlags struct {
	url, key string
}

func (f *apiFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "api", defaultAPI, "base address of the server's HTTP API")
	flags.StringVar(&f.key, "api-key", "", "API key (default: the variable OUTCRY_API_KEY)")
}

func (f *apiFlags) publisher(env *environment) (*client.Publisher, error) {
	key := f.key
	if key == "" {
		key, _ = env.LookupEnv("OUTCRY_API_KEY")
	}
	p, err := client.NewPublisher(client.PublisherOptions{URL: f.url, APIKey: key})
	if err != nil {
		return nil, usage(fmt.Errorf("--api: %w", err))
	}
	return p, nil
}

// socketFlags say how a command connects by WebSocket.
type socketFlags struct {
	url, token string
}

func (f *socketFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "url", defaultURL, "where the server takes WebSocket connections")
	flags.StringVar(&f.token, "token", "", "token to log in with (default: the variable OUTCRY_TOKEN)")
}

func (f *socketFlags) dial(ctx context.Context, env *environment, opts client.Options) (*client.Client, error) {
	token := f.token
	if token == "" {
		token, _ = env.LookupEnv("OUTCRY_TOKEN")
	}
	opts.URL, opts.Token = f.url, client.StaticToken(token)
	c, err := client.Dial(ctx, opts)
	if err != nil {
		return nil, explain(err, "--token or OUTCRY_TOKEN")
	}
	return c, nil
}

// explain gives an error of package client its exit code, and says what to do
// about it. credential names the flag that a refused one came from.
func explain(err error, credential string) error {
	if errors.Is(err, context.Canceled) { // the user's interrupt, whatever it hit
		return err
	}
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		return unreachable(fmt.Errorf("%w\nIs the server running? One for trying out starts with: outcry serve --dev", err))
	}
	if e, ok := errors.AsType[*client.RefusedError](err); ok {
		return explainRefusal(e, credential)
	}
	if e, ok := errors.AsType[*client.CloseError](err); ok && e.Code >= 4500 {
		if e.Code == protocol.CloseInvalidToken {
			return refused(fmt.Errorf("%w\nGive a valid one with %s", err, credential))
		}
		return refused(err)
	}
	if _, ok := errors.AsType[*protocol.Error](err); ok {
		return refused(err)
	}
	return err
}

func explainRefusal(e *client.RefusedError, credential string) error {
	switch {
	case e.Code == "":
		return unreachable(fmt.Errorf("%w\nThis does not look like an Outcry server", e))
	case e.Status == http.StatusUnauthorized:
		return refused(fmt.Errorf("%w\nGive a valid one with %s", e, credential))
	case e.Status >= http.StatusInternalServerError:
		return e
	}
	return refused(e)
}

// interruptible makes reads of r end with ctx. Where r is the terminal or a
// pipe its own read cannot be ended: that goroutine stays until the process
// ends, or r does.
func interruptible(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = in.CloseWithError(context.Cause(ctx)) }) // never fails
	go func() {
		_, err := io.Copy(in, r)
		stop()
		_ = in.CloseWithError(err) // never fails
	}()
	return out
}
