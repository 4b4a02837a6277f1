package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// subscribeTimeout bounds the wait for the answers to subscribe.
const subscribeTimeout = 30 * time.Second

// subOptions are the flags of sub.
type subOptions struct {
	socket    socketFlags
	asJSON    bool
	raw       bool
	reconnect bool
	count     int
}

func newSub(env *environment) *cobra.Command {
	o := &subOptions{}
	cmd := &cobra.Command{
		Use:   "sub CHANNEL...",
		Short: "Print the messages of channels as they come",
		Long: `Subscribes to channels or patterns (* is one segment, > all the rest) and prints
their messages until interrupted. A lost connection is replaced and the channels
are subscribed again. Messages go to standard output, all else to standard
error.`,
		Example: `  outcry sub 'quotes.*' chat.general
  outcry sub --json --count 1000 'quotes.>' > quotes.ndjson`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	flags := cmd.Flags()
	o.socket.register(flags)
	flags.BoolVar(&o.asJSON, "json", false, "print messages as they came, one per line")
	flags.BoolVar(&o.raw, "raw", false, "print the server's own messages too: heartbeat, gap, reconnect and so on")
	flags.BoolVar(&o.reconnect, "reconnect", true, "replace a lost connection")
	flags.IntVar(&o.count, "count", 0, "end after so many messages; 0: never")
	return cmd
}

func (o *subOptions) run(ctx context.Context, env *environment, channels []string) error {
	for _, name := range channels {
		if err := protocol.CheckPattern(name); err != nil {
			return usage(fmt.Errorf("%q: %s", name, err.Message))
		}
	}
	if o.count < 0 {
		return usage(fmt.Errorf("--count %d must not be negative", o.count))
	}
	_, noColor := env.LookupEnv("NO_COLOR")
	notices := &notices{w: env.Stderr, paint: paintFor(env.Stderr, noColor)}
	c, err := o.socket.dial(ctx, env, client.Options{NoReconnect: !o.reconnect, OnState: notices.state})
	if err != nil {
		return left(ctx, err)
	}
	defer c.Close()
	if err := o.subscribe(ctx, c, notices, channels); err != nil {
		return left(ctx, err)
	}
	out := &messagePrinter{w: env.Stdout, paint: paintFor(env.Stdout, noColor), asJSON: o.asJSON}
	return left(ctx, o.follow(ctx, c, out, notices))
}

// left drops an error that is only the user's interrupt.
func left(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return err
}

// subscribe fails where no channel could be subscribed to.
func (o *subOptions) subscribe(ctx context.Context, c *client.Client, n *notices, channels []string) error {
	ctx, cancel := context.WithTimeout(ctx, subscribeTimeout)
	defer cancel()
	subs, err := c.Subscribe(ctx, channels...)
	if err != nil {
		return explain(err, "--token or OUTCRY_TOKEN")
	}
	var refusals []error
	for _, s := range subs {
		if s.Err != nil {
			refusals = append(refusals, fmt.Errorf("%s: %w", s.Channel, s.Err))
		}
	}
	if len(refusals) == len(subs) {
		return refused(errors.Join(refusals...))
	}
	for _, s := range subs {
		if s.Err == nil {
			n.say("subscribed to %s", s.Channel)
		}
	}
	for _, err := range refusals {
		n.warn("not subscribed to %v", err)
	}
	return nil
}

func (o *subOptions) follow(ctx context.Context, c *client.Client, out *messagePrinter, n *notices) error {
	printed := 0
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return explain(err, "--token or OUTCRY_TOKEN")
		}
		if m.Control() && !o.raw {
			n.control(m)
			continue
		}
		if err := out.print(m, time.Now()); err != nil {
			return err
		}
		if printed++; printed == o.count {
			return nil
		}
	}
	return nil
}
