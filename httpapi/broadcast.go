package httpapi

import (
	"context"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry"
)

// address is what a broadcast is sent to, and the message.
type address struct {
	TargetType string         `json:"target_type"`
	Target     string         `json:"target"`
	Message    jsontext.Value `json:"message"`
}

// sent is the answer to a broadcast.
type sent struct {
	Success    bool   `json:"success"`
	SentCount  int    `json:"sent_count"`
	TargetType string `json:"target_type"`
	Target     string `json:"target"`
	Scope      string `json:"scope"`
	Partial    bool   `json:"partial,omitzero"`
}

func (a *API) broadcast(ctx context.Context, rq *request) (reply, error) {
	to, err := decodeAddress(rq.body)
	if err != nil {
		return reply{}, err
	}
	receipt, err := a.sendTo(ctx, to)
	if err != nil {
		return reply{}, err
	}
	return ok(sent{
		Success: true, SentCount: receipt.Sent, TargetType: to.TargetType, Target: to.Target,
		Scope: "node", Partial: receipt.Partial,
	}), nil
}

func (a *API) sendTo(ctx context.Context, to address) (outcry.Receipt, error) {
	n, object := a.cfg.Node, json.RawMessage(to.Message)
	switch to.TargetType {
	case "all":
		return n.Broadcast(ctx, object)
	case "user":
		return n.SendToUser(ctx, to.Target, object)
	case "group":
		return n.SendToGroup(ctx, to.Target, object)
	case "client":
		return n.SendToClient(ctx, to.Target, object)
	}
	_, receipt, err := n.SendToChannel(ctx, outcry.Message{Channel: to.Target, Object: object})
	return receipt, err
}

func decodeAddress(body []byte) (address, error) {
	var to address
	if err := decode(body, &to, ""); err != nil {
		return to, err
	}
	if to.Message.Kind() != jsontext.KindBeginObject {
		return to, badRequest("/message is missing or no object; give a JSON object")
	}
	switch to.TargetType {
	case "all":
		if to.Target != "" {
			return to, badRequest(`/target does not go with target_type "all"; leave it out`)
		}
		return to, nil
	case "channel":
		return to, checkChannel(to.Target, "/target")
	case "client":
		return to, checkClientID(to.Target, "/target")
	case "user", "group":
		return to, checkName(to.Target, "/target")
	}
	return to, badRequest("/target_type is %q; allowed are all, user, channel, group and client", clip(to.TargetType))
}
