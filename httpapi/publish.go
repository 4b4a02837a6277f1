package httpapi

import (
	"context"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry"
)

// publication is one message as callers send it.
type publication struct {
	Channel   string         `json:"channel"`
	Message   jsontext.Value `json:"message"`
	Data      jsontext.Value `json:"data"`
	Event     string         `json:"event"`
	MessageID string         `json:"message_id"`
	Key       string         `json:"key"`
	Secret    bool           `json:"secret"`
}

// published is the answer to one publication.
type published struct {
	Success    bool   `json:"success"`
	Channel    string `json:"channel"`
	MessageID  string `json:"message_id"`
	Seq        uint64 `json:"seq"`
	Cursor     string `json:"cursor"`
	Duplicate  bool   `json:"duplicate"`
	Durability string `json:"durability"`
}

func (a *API) publish(ctx context.Context, rq *request) (reply, error) {
	m, err := decodePublication(rq.body, "")
	if err != nil {
		return reply{}, err
	}
	ack, err := a.cfg.Node.Publish(ctx, m)
	if err != nil {
		return reply{}, err
	}
	return ok(newPublished(m.Channel, ack)), nil
}

func newPublished(channel string, ack outcry.Ack) published {
	return published{
		Success: true, Channel: channel, MessageID: ack.ID, Seq: ack.Seq, Cursor: ack.Cursor,
		Duplicate: ack.Duplicate, Durability: ack.Durability,
	}
}

// decodePublication reads one publication; at is its place in the body.
func decodePublication(data []byte, at jsontext.Pointer) (outcry.Message, error) {
	var p publication
	if err := decode(data, &p, at); err != nil {
		return outcry.Message{}, err
	}
	if err := checkChannel(p.Channel, string(at)+"/channel"); err != nil {
		return outcry.Message{}, err
	}
	for _, label := range []struct{ name, value string }{
		{"/event", p.Event}, {"/message_id", p.MessageID}, {"/key", p.Key},
	} {
		if err := checkText(label.value, string(at)+label.name, maxLabel); err != nil {
			return outcry.Message{}, err
		}
	}
	switch {
	case p.Message == nil && p.Data == nil:
		return outcry.Message{}, badRequest(
			"%s has neither message nor data; give a JSON object as message, or any JSON value as data", place(at))
	case p.Message != nil && p.Data != nil:
		return outcry.Message{}, badRequest("%s has both message and data; give one of them", place(at))
	case p.Message != nil && p.Event != "":
		return outcry.Message{}, badRequest(
			"%s/event goes with data only; put the event into the message itself", at)
	case p.Message != nil && p.Message.Kind() != jsontext.KindBeginObject:
		return outcry.Message{}, badRequest("%s/message must be an object, not %s; send other values as data",
			at, kindName(p.Message.Kind()))
	}
	return outcry.Message{
		Channel: p.Channel, Object: json.RawMessage(p.Message), Data: json.RawMessage(p.Data),
		Event: p.Event, ID: p.MessageID, Key: p.Key, Secret: p.Secret,
	}, nil
}
