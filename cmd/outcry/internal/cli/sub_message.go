package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

const (
	// widestChannel is how far the channel column grows, in characters.
	widestChannel = 28
	clockLayout   = "15:04:05.000"
)

// messagePrinter writes messages for people, or as they came. It is used by
// one goroutine.
type messagePrinter struct {
	w      io.Writer
	paint  paint
	asJSON bool
	widest int // channel so far
}

// content is what is shown of a message; publishers may have anything under
// these names, so nothing is assumed of their kinds.
type content struct {
	Timestamp jsontext.Value `json:"timestamp"`
	Event     jsontext.Value `json:"event"`
	Data      jsontext.Value `json:"data"`
	ClientID  jsontext.Value `json:"client_id"`
	UserID    jsontext.Value `json:"user_id"`
	Message   jsontext.Value `json:"message"`
	IsTyping  jsontext.Value `json:"is_typing"`
	Symbol    jsontext.Value `json:"symbol"`
	Price     jsontext.Value `json:"price"`
	Side      jsontext.Value `json:"side"`
	Size      jsontext.Value `json:"size"`
	Bid       jsontext.Value `json:"bid"`
	Ask       jsontext.Value `json:"ask"`
	ChangePct jsontext.Value `json:"change_pct"`
}

// print writes one message as one line.
func (p *messagePrinter) print(m client.Message, now time.Time) error {
	raw := jsontext.Value(m.Raw)
	if p.asJSON {
		// A publisher may have broken its object into lines.
		if err := raw.Compact(); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.w, "%s\n", raw)
		return err
	}
	var c content
	if err := m.Decode(&c); err != nil {
		return err
	}
	p.widest = min(max(p.widest, utf8.RuneCountInString(m.Channel)), widestChannel)
	line := p.paint.dim(clock(c.Timestamp, now)) + "  "
	if p.widest > 0 {
		line += p.paint.cyan(fmt.Sprintf("%-*s", p.widest, printable(m.Channel))) + "  "
	}
	_, err := fmt.Fprintln(p.w, strings.TrimRight(line+p.body(m, &c), " "))
	return err
}

func (p *messagePrinter) body(m client.Message, c *content) string {
	switch {
	case m.Type == protocol.TypeChatMessage:
		return p.paint.bold("<"+plain(c.author())+">") + " " + plain(c.Message)
	case m.Type == protocol.TypeTypingIndicator && c.IsTyping.Kind() == 't':
		return p.paint.dim(plain(c.author()) + " is typing")
	case m.Type == protocol.TypeTypingIndicator:
		return p.paint.dim(plain(c.author()) + " stopped typing")
	case m.Type == "quote" && c.Price.Kind() == '0':
		return p.quote(c)
	case m.Type == "trade" && c.Price.Kind() == '0':
		return p.trade(c)
	case m.Type == protocol.TypeMessage && c.Data != nil:
		return p.data(c)
	}
	return p.paint.bold(printable(m.Type)) + " " + others(jsontext.Value(m.Raw))
}

func (p *messagePrinter) quote(c *content) string {
	parts := []string{p.paint.bold(plain(c.Symbol)), plain(c.Price)}
	if c.ChangePct.Kind() == '0' {
		parts = append(parts, p.signed(plain(c.ChangePct)+"%"))
	}
	if c.Bid.Kind() == '0' && c.Ask.Kind() == '0' {
		parts = append(parts, p.paint.dim("bid "+plain(c.Bid)+" ask "+plain(c.Ask)))
	}
	return strings.Join(parts, "  ")
}

func (p *messagePrinter) trade(c *content) string {
	deal := strings.TrimSpace(plain(c.Side) + " " + plain(c.Size))
	switch plain(c.Side) {
	case "buy":
		deal = p.paint.green(deal)
	case "sell":
		deal = p.paint.red(deal)
	}
	return strings.TrimSpace(p.paint.bold(plain(c.Symbol)) + "  " + deal + " at " + plain(c.Price))
}

// signed shows a change with its sign.
func (p *messagePrinter) signed(s string) string {
	switch {
	case strings.HasPrefix(s, "-"):
		return p.paint.red(s)
	case strings.Trim(s, "0.%") == "":
		return s
	}
	return p.paint.green("+" + s)
}

// data shows what was published with "data".
func (p *messagePrinter) data(c *content) string {
	var parts []string
	if c.Event.Kind() == '"' {
		parts = append(parts, p.paint.bold(plain(c.Event)))
	}
	if author := c.author(); author != nil {
		parts = append(parts, p.paint.bold("<"+plain(author)+">"))
	}
	return strings.Join(append(parts, compact(c.Data)), " ")
}

// author is who published: the user, else the client.
func (c *content) author() jsontext.Value {
	if c.UserID != nil {
		return c.UserID
	}
	return c.ClientID
}

// clock is the time of a message where the reader is; the date is added where
// it is not today.
func clock(stamp jsontext.Value, now time.Time) string {
	at, err := time.Parse(time.RFC3339Nano, plain(stamp))
	if err != nil {
		at = now
	}
	at = at.In(now.Location())
	if at.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return at.Format(time.DateOnly + " " + clockLayout)
	}
	return at.Format(clockLayout)
}

// plain is a string without its quotes, and everything else as JSON.
func plain(v jsontext.Value) string {
	if v.Kind() != '"' {
		return compact(v)
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return compact(v)
	}
	return printable(string(text))
}

// compact is a value as JSON on one line.
func compact(v jsontext.Value) string {
	v = v.Clone()
	_ = v.Compact() // v has been read before
	return printable(string(v))
}

// others is the object without the members that are shown otherwise, or are
// of no use to a reader. The object has been read before: what would be an
// error ends the walk.
func others(object jsontext.Value) string {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	b := []byte{'{'}
	if _, err := d.ReadToken(); err != nil {
		return compact(object)
	}
	for d.PeekKind() == '"' {
		name, nameErr := d.ReadValue()
		name = name.Clone()
		value, valueErr := d.ReadValue()
		if nameErr != nil || valueErr != nil {
			return compact(object)
		}
		switch plain(name) {
		case "type", "channel", "timestamp", "cursor":
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return compact(append(b, '}'))
}
