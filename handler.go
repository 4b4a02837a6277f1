package outcry

import (
	"context"
	"encoding/json"

	jsonx "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// Handler serves a custom message type. It runs on the connection's serial
// executor and may block: later commands of that connection wait, nobody else
// does. ctx ends when the connection does. A returned *Error is sent to the
// client as it is; any other error is logged and answered with code internal.
// A panic costs that one message.
type Handler func(ctx context.Context, r *Request) error

// Request is one message of a custom type. It is used by one handler call and
// not safe for concurrent use.
type Request struct {
	Client Client
	Type   string
	// Raw is the whole message, valid until the handler returns.
	Raw json.RawMessage

	id      []byte
	replies [][]byte
	bytes   int
}

// Reply sends a JSON object to the client that sent the request; the request's
// id is added where it had one. v is marshalled unless it is a
// json.RawMessage. Replies leave, in order, when the handler returns; together
// they may have 192 KiB.
func (r *Request) Reply(v any) error {
	object, ok := v.(json.RawMessage)
	if !ok {
		var err error
		if object, err = jsonx.Marshal(v, jsonx.Deterministic(true)); err != nil {
			return err
		}
	}
	buf, err := protocol.AppendReply(wire.BeginFrame(nil), []byte(object), r.id)
	if err != nil {
		return err
	}
	frame := wire.EndFrame(buf, wire.OpText)
	if r.bytes += len(frame); r.bytes > maxReplies {
		return protocol.Errorf(protocol.CodeTooLarge, "replies to one request have at most %d bytes", maxReplies)
	}
	r.replies = append(r.replies, frame)
	return nil
}

// maxReplies is what the replies to one request may have, in bytes: a client
// that reads can always be sent them.
const maxReplies = replyClose - replyPause

// custom is the route of a handler.
func custom(h Handler) route {
	return route{barrier: true, serial: func(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
		r := &Request{Client: who.client(), Type: cmd.Type, Raw: cmd.Raw, id: cmd.ID}
		err := h(ctx, r)
		var e *Error
		if err != nil {
			e = n.public(err)
		}
		return func(c *conn) {
			for _, frame := range r.replies {
				c.sendControl(frame)
			}
			if e != nil {
				c.refuse(e, cmd.ID)
			}
		}
	}}
}
