package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

const maxBatch = 1000 // messages

// batchResult is the answer to a batch.
type batchResult struct {
	Results   []any `json:"results"` // itemDone or itemFailed, in the order of the messages
	Succeeded int   `json:"succeeded"`
	Failed    int   `json:"failed"`
}

type itemDone struct {
	Index int `json:"index"`
	published
}

type itemFailed struct {
	Index   int         `json:"index"`
	Success bool        `json:"success"`
	Error   errorDetail `json:"error"`
}

// publishBatch publishes in the order of the messages. An unusable message
// costs only itself; a node that has no room ends the attempt, so that nothing
// later overtakes what found none.
func (a *API) publishBatch(ctx context.Context, rq *request) (reply, error) {
	items, err := splitBatch(rq.body)
	if err != nil {
		return reply{}, err
	}
	answer := ok(nil)
	out := batchResult{Results: make([]any, len(items))}
	var refusal *protocol.Error // of a node that takes no more
	for i, item := range items {
		var done published
		failed := refusal
		if failed == nil {
			done, failed = a.publishItem(ctx, rq.Request, item, i)
		}
		if failed == nil {
			out.Results[i] = itemDone{i, done}
			out.Succeeded++
			continue
		}
		if refusal == nil && failed.Code.HTTPStatus() == http.StatusServiceUnavailable {
			answer.retryAfter = pause(failed)
			refusal = protocol.Errorf(failed.Code, "not tried, because message %d was refused; send it again", i)
		}
		out.Results[i] = itemFailed{Index: i, Error: detail(failed)}
		out.Failed++
	}
	answer.body = out
	return answer, nil
}

func (a *API) publishItem(ctx context.Context, r *http.Request, item jsontext.Value, i int) (published, *protocol.Error) {
	m, err := decodePublication(item, jsontext.Pointer("/messages/"+strconv.Itoa(i)))
	if err != nil {
		return published{}, a.explain(r, err)
	}
	ack, err := a.cfg.Node.Publish(ctx, m)
	if err != nil {
		return published{}, a.explain(r, err)
	}
	return newPublished(m.Channel, ack), nil
}

// splitBatch takes {"messages":[…]} apart. What is wrong inside a message is
// left to the message's own decoding, doubled names and bad UTF-8 included,
// but the body as a whole has to be JSON.
func splitBatch(body []byte) ([]jsontext.Value, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, badRequest("the body is empty; send a JSON object")
	}
	b := batchReader{jsontext.NewDecoder(bytes.NewReader(body),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	items, err := b.object()
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, syntaxError(e, "")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, badRequest("the JSON ends early, at byte %d", len(body))
	}
	return items, err
}

// batchReader walks the envelope of a batch.
type batchReader struct{ dec *jsontext.Decoder }

func (b batchReader) object() ([]jsontext.Value, error) {
	if err := b.expect(jsontext.KindBeginObject, ""); err != nil {
		return nil, err
	}
	var items []jsontext.Value
	for seen := false; b.dec.PeekKind() == jsontext.KindString; seen = true {
		name, err := b.dec.ReadToken()
		if err != nil {
			return nil, err
		}
		switch {
		case name.String() != "messages":
			return nil, badRequest("unknown field %q at the body; known are messages", clip(name.String()))
		case seen:
			return nil, badRequest(`the field "messages" stands twice at the body; give it once`)
		}
		if items, err = b.array(); err != nil {
			return nil, err
		}
	}
	if _, err := b.dec.ReadToken(); err != nil { // "}"
		return nil, err
	}
	if _, err := b.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, badRequest("the body goes on after its JSON object; end it there")
	}
	if items == nil {
		return nil, badRequest("/messages is missing; give an array of messages")
	}
	return items, nil
}

func (b batchReader) array() ([]jsontext.Value, error) {
	if err := b.expect(jsontext.KindBeginArray, "/messages"); err != nil {
		return nil, err
	}
	items := []jsontext.Value{}
	for b.dec.PeekKind() != jsontext.KindEndArray {
		if len(items) == maxBatch {
			return nil, protocol.Errorf(protocol.CodeTooLarge,
				"/messages has more than %d messages; send them in several batches", maxBatch)
		}
		item, err := b.dec.ReadValue()
		if err != nil {
			return nil, err
		}
		items = append(items, item.Clone())
	}
	_, err := b.dec.ReadToken() // "]"
	return items, err
}

// expect reads the token that opens an object or array.
func (b batchReader) expect(kind jsontext.Kind, at jsontext.Pointer) error {
	switch got := b.dec.PeekKind(); got {
	case kind, jsontext.KindInvalid:
		_, err := b.dec.ReadToken()
		return err
	default:
		return badRequest("%s must be %s, not %s", place(at), kindName(kind), kindName(got))
	}
}
