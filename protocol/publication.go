package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Publication is what is published to a channel. Exactly one of Object and
// Data is set.
type Publication struct {
	Channel string
	// Object is a whole message.
	Object jsontext.Value
	// Data is any JSON value, to be delivered in the field "data".
	Data jsontext.Value
	// Event and MessageID go with Data, each left out where empty.
	Event     string
	MessageID string
	// ClientID and UserID are those of the client that published, empty for a
	// trusted publisher.
	ClientID string
	UserID   string
	// Timestamp is used where Object has none.
	Timestamp time.Time
}

// AppendPublication appends p as its subscribers get it.
//
// The members of an Object are kept in order, as written. "type" and
// "timestamp" are added where absent, "channel" is always p.Channel, and what
// only the server may say is removed: seq, cursor, replay, merged and patch,
// and where a client published it, any client_id and user_id but its own.
//
// The error is an *Error of code bad_request; dst is returned as it was.
func AppendPublication(dst []byte, p *Publication) ([]byte, error) {
	switch {
	case p.Object != nil && p.Data != nil:
		return dst, Errorf(CodeBadRequest, "a publication has either a message or data, not both")
	case p.Object != nil:
		return appendObject(dst, p)
	case p.Data != nil:
		return appendData(dst, p)
	}
	return dst, Errorf(CodeBadRequest, "a publication needs a message or data")
}

func appendData(dst []byte, p *Publication) ([]byte, error) {
	if err := checkValue(p.Data); err != nil {
		return dst, jsonError("data", err)
	}
	w := begin(dst, TypeMessage)
	w.text("channel", p.Channel)
	w.raw("data", p.Data)
	w.textIf("event", p.Event)
	w.textIf("message_id", p.MessageID)
	w.sender(p)
	w.time("timestamp", p.Timestamp)
	return w.end(), nil
}

func appendObject(dst []byte, p *Publication) ([]byte, error) {
	c := copier{w: writer{b: append(dst, '{')}, drop: ownedByServer}
	if p.ClientID != "" {
		c.drop = notForClients
	}
	if err := readObject(p.Object, &c); err != nil {
		return dst, jsonError("message", err)
	}
	if !c.hasType {
		c.w.text("type", TypeMessage)
	}
	c.w.text("channel", p.Channel)
	c.w.sender(p)
	if !c.hasTimestamp {
		c.w.time("timestamp", p.Timestamp)
	}
	return c.w.end(), nil
}

// ownedByServer reports whether a publication's member is never a publisher's
// to set.
func ownedByServer(name []byte) bool {
	switch string(name) {
	case "channel", "seq", "cursor", "replay", "merged", "patch":
		return true
	}
	return false
}

// notForClients is ownedByServer for what a client published.
func notForClients(name []byte) bool {
	return ownedByServer(name) || string(name) == "client_id" || string(name) == "user_id"
}

// sender names the client that published p.
func (w *writer) sender(p *Publication) {
	if p.ClientID != "" {
		w.text("client_id", p.ClientID)
		w.textIf("user_id", p.UserID)
	}
}
