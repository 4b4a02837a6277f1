package client

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

// Message is one message from the server that answers no command of ours: a
// publication, or one of the server's own.
type Message struct {
	// Type is the JSON field "type", of publications whatever their publisher
	// has chosen; empty where it is no string.
	Type string
	// Channel is empty for messages that belong to none.
	Channel string
	// Raw is the whole JSON object as it came. It belongs to the receiver.
	Raw json.RawMessage
}

// Decode reads the message into v, a pointer to a struct with json tags.
func (m Message) Decode(v any) error { return jsonv2.Unmarshal([]byte(m.Raw), v) }

// Control says that the message is the server's own, about the connection or
// a subscription, and not a publication.
func (m Message) Control() bool {
	switch m.Type {
	case protocol.TypeHeartbeat, protocol.TypeSubscriptionResult, protocol.TypeUnsubscriptionResult,
		protocol.TypePublishResult, protocol.TypePong, protocol.TypeError, protocol.TypeSubscriptionLost,
		protocol.TypeGap, protocol.TypeResync, protocol.TypeTokenExpiring, protocol.TypeReconnect,
		protocol.TypeDegraded, protocol.TypeRestored, protocol.TypeConnectionEstablished,
		protocol.TypeAuthRequired, protocol.TypeAuthResult:
		return true
	}
	return false
}

// envelope is what is read of every message. Publishers' objects may have
// anything under these names, so nothing is assumed of their kinds.
type envelope struct {
	Type    jsontext.Value `json:"type"`
	Channel jsontext.Value `json:"channel"`
	ID      jsontext.Value `json:"id"`
}

// readMessage checks one text message. The id is that of a reply.
func readMessage(data []byte) (m Message, id string, err error) {
	if !utf8.Valid(data) {
		return Message{}, "", &ProtocolError{errors.New("text that is not UTF-8")}
	}
	if jsontext.Value(data).Kind() != '{' {
		return Message{}, "", &ProtocolError{errors.New("a message that is not a JSON object")}
	}
	var e envelope
	if err := jsonv2.Unmarshal(data, &e); err != nil {
		return Message{}, "", &ProtocolError{err}
	}
	return Message{Type: text(e.Type), Channel: text(e.Channel), Raw: data}, text(e.ID), nil
}

// text is the value of a JSON string, empty for every other kind.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(b)
}
