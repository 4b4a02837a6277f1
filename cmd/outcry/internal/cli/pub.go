package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// maxInputLine bounds a line of standard input, in bytes.
const maxInputLine = 4 << 20

// pubOptions are the flags of pub.
type pubOptions struct {
	api            apiFlags
	socket         socketFlags
	event, id, key string
	object         bool
	ws             bool
	asJSON         bool
}

func newPub(env *environment) *cobra.Command {
	o := &pubOptions{}
	cmd := &cobra.Command{
		Use:   "pub CHANNEL [JSON|-]",
		Short: "Publish to a channel",
		Long: `Publishes a JSON value to a channel and prints what the server answered. With -
or without a value it publishes every line of standard input; lines that are no
JSON are reported with their number and left out.

The value arrives as the field "data" of a message. With --object it is the
whole message, with its own type.`,
		Example: `  outcry pub quotes.AAPL '{"price": 271.5}'
  outcry pub quotes.AAPL --object '{"type": "quote", "symbol": "AAPL", "price": 271.5}'
  outcry pub chat.general '"hello"'
  tail -f trades.ndjson | outcry pub trades -`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.event, "event", "", "name that arrives as the field event")
	flags.StringVar(&o.id, "message-id", "", "idempotency key: the same one is published once")
	flags.StringVar(&o.key, "key", "", "row or instrument the publication is about")
	flags.BoolVar(&o.object, "object", false, "the value is the whole message, not its data")
	flags.BoolVar(&o.ws, "ws", false, "publish over WebSocket, as a client does, and not over the HTTP API")
	flags.BoolVar(&o.asJSON, "json", false, "print the answers as JSON, one per line")
	o.api.register(flags)
	o.socket.register(flags)
	return cmd
}

func (o *pubOptions) run(ctx context.Context, env *environment, args []string) error {
	channel := args[0]
	if err := protocol.CheckChannel(channel); err != nil {
		return usage(errors.New(err.Message))
	}
	if err := o.check(); err != nil {
		return usage(err)
	}
	stream := len(args) == 1 || args[1] == "-"
	if !stream {
		if err := o.checkValue([]byte(args[1])); err != nil {
			return usage(quotingHint(channel, args[1], err))
		}
	}
	if stream && o.id != "" {
		return usage(errors.New("--message-id goes with one value: the lines of standard input would be one publication"))
	}
	publish, hang, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	defer hang()
	if stream {
		return o.stream(ctx, env, channel, publish)
	}
	ack, err := publish(ctx, o.publication(channel, []byte(args[1])))
	if err != nil {
		return o.explain(err)
	}
	return o.print(env.Stdout, channel, ack)
}

func (o *pubOptions) check() error {
	switch {
	case o.object && o.ws:
		return errors.New("--object needs the HTTP API: a client cannot make a message of any type; leave out --ws or --object")
	case o.object && o.event != "":
		return errors.New("--event goes with data: put the event into the object")
	}
	return nil
}

// checkValue says why a value cannot be published.
func (o *pubOptions) checkValue(value []byte) error {
	v := jsontext.Value(value)
	if !v.IsValid() {
		return errors.New("not valid JSON")
	}
	if o.object && v.Kind() != '{' {
		return errors.New("not a JSON object")
	}
	return nil
}

func quotingHint(channel, value string, err error) error {
	const most = 60
	shown := value
	if len(shown) > most {
		shown = shown[:most] + "…"
	}
	return fmt.Errorf(`%q: %w
JSON has quotes of its own, which the shell takes away unless they are inside '…':
  an object   outcry pub %s '{"price": 1.5}'
  a text      outcry pub %s '"hello"'`, shown, err, channel, channel)
}

func (o *pubOptions) publication(channel string, value []byte) client.Publication {
	p := client.Publication{Channel: channel, Event: o.event, ID: o.id, Key: o.key}
	if o.object {
		p.Object = json.RawMessage(value)
	} else {
		p.Data = json.RawMessage(value)
	}
	return p
}

// publishFunc is the Publish of a client.Publisher or a client.Client.
type publishFunc func(context.Context, client.Publication) (client.Ack, error)

// open connects; hang disconnects.
func (o *pubOptions) open(ctx context.Context, env *environment) (publish publishFunc, hang func(), err error) {
	if !o.ws {
		p, err := o.api.publisher(env)
		if err != nil {
			return nil, nil, err
		}
		return p.Publish, func() {}, nil
	}
	c, err := o.socket.dial(ctx, env, client.Options{NoReconnect: true})
	if err != nil {
		return nil, nil, err
	}
	// Messages that the server sends to every client are of no interest here.
	ctx, cancel := context.WithCancel(ctx)
	var ignoring sync.WaitGroup
	ignoring.Go(func() {
		for {
			if _, err := c.Receive(ctx); err != nil {
				return
			}
		}
	})
	return c.Publish, func() { c.Close(); cancel(); ignoring.Wait() }, nil
}

// stream publishes the lines of standard input.
func (o *pubOptions) stream(ctx context.Context, env *environment, channel string, publish publishFunc) error {
	in := interruptible(ctx, env.Stdin)
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxInputLine)
	published, skipped := 0, 0
	for number := 1; lines.Scan(); number++ {
		value := bytes.TrimSpace(lines.Bytes())
		if len(value) == 0 {
			continue
		}
		ack, err := o.line(ctx, channel, value, publish)
		if bad, ok := errors.AsType[*lineError](err); ok {
			skipped++
			fmt.Fprintf(env.Stderr, "standard input:%d: %v\n", number, bad.reason)
			continue
		}
		if err != nil {
			return o.explain(err)
		}
		published++
		if o.asJSON {
			if err := o.print(env.Stdout, channel, ack); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(env.Stderr, "published %d, skipped %d\n", published, skipped)
	switch err := lines.Err(); {
	case ctx.Err() != nil: // Ctrl-C is how one leaves
	case err != nil:
		return fmt.Errorf("standard input: %w", err)
	}
	if published == 0 && skipped > 0 {
		return errors.New("nothing could be published")
	}
	return nil
}

// lineError is a line that is left out.
type lineError struct{ reason error }

func (e *lineError) Error() string { return e.reason.Error() }

// line publishes one line. What the server finds wrong with the value itself
// costs this line only.
func (o *pubOptions) line(ctx context.Context, channel string, value []byte, publish publishFunc) (client.Ack, error) {
	if err := o.checkValue(value); err != nil {
		return client.Ack{}, &lineError{err}
	}
	ack, err := publish(ctx, o.publication(channel, bytes.Clone(value)))
	if e, ok := errors.AsType[*client.RefusedError](err); ok && ofValue(e.Code) {
		return ack, &lineError{err}
	}
	if e, ok := errors.AsType[*protocol.Error](err); ok && ofValue(e.Code) {
		return ack, &lineError{err}
	}
	return ack, err
}

func ofValue(code protocol.Code) bool {
	return code == protocol.CodeBadRequest || code == protocol.CodeTooLarge
}

func (o *pubOptions) explain(err error) error {
	if o.ws {
		return explain(err, "--token or OUTCRY_TOKEN")
	}
	return explain(err, "--api-key or OUTCRY_API_KEY")
}

// ackLine is what "pub --json" prints.
type ackLine struct {
	Channel    string `json:"channel"`
	MessageID  string `json:"message_id,omitempty"`
	Seq        uint64 `json:"seq,omitzero"`
	Cursor     string `json:"cursor,omitempty"`
	Duplicate  bool   `json:"duplicate"`
	Durability string `json:"durability,omitempty"`
}

func (o *pubOptions) print(w io.Writer, channel string, ack client.Ack) error {
	if o.asJSON {
		line := ackLine{channel, ack.ID, ack.Seq, ack.Cursor, ack.Duplicate, ack.Durability}
		if err := jsonv2.MarshalWrite(w, line); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w)
		return err
	}
	text := "published to " + channel
	if ack.Duplicate {
		text = "already published to " + channel
	}
	if ack.ID != "" {
		text += " id=" + ack.ID
	}
	if ack.Seq != 0 {
		text += fmt.Sprintf(" seq=%d cursor=%s", ack.Seq, ack.Cursor)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
