package protocol

import (
	"bytes"
	"errors"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxIDLength bounds the "id" of a command, in bytes.
	MaxIDLength = 64
	// MaxTypeLength bounds the "type" of a command, in bytes.
	MaxTypeLength = 128
	// maxInteger is the largest integer that every JSON implementation reads
	// exactly.
	maxInteger = 1<<53 - 1
)

var (
	errInvalidJSON = &Error{Code: CodeBadRequest, Message: "Invalid JSON format"}
	errDeepJSON    = Errorf(CodeBadRequest, "message is nested deeper than %d levels", MaxDepth)
)

// IsInvalidJSON reports whether err, of DecodeCommand, says that the text is
// not a JSON object this package reads. Only such errors count against a
// client.
func IsInvalidJSON(err error) bool {
	return errors.Is(err, errInvalidJSON) || errors.Is(err, errDeepJSON)
}

// UnknownType is the error for a message type that nobody serves.
func UnknownType(msgType string) *Error {
	return Errorf(CodeUnknownType, "Unknown message type: %s", msgType)
}

// Command is one client message, decoded once. Its values stay as they were
// written and alias Raw; the method named after Type checks and returns its
// fields. Those methods do not look at Type.
//
// A Command is as safe for concurrent use as the bytes beneath it.
type Command struct {
	Type string
	// ID is the raw "id", to be repeated in every reply: a string of at most
	// MaxIDLength bytes or an integer; nil if there is none.
	ID jsontext.Value
	// Raw is the whole message.
	Raw []byte

	spans [fieldCount]span
}

// span is where a value stands in Raw. No value is empty.
type span struct{ start, end uint32 }

// DecodeCommand reads one client message, as Command.Decode does.
func DecodeCommand(b []byte) (Command, error) {
	var c Command
	err := c.Decode(b)
	return c, err
}

// Decode makes c the client message that b holds, whatever it was before. c
// aliases b and is valid as long as b is not changed.
//
// The error is an *Error. With it c has the ID, if one could be read, so that
// the error can repeat it.
func (c *Command) Decode(b []byte) error {
	*c = Command{Raw: b}
	if uint64(len(b)) > math.MaxUint32 {
		return Errorf(CodeTooLarge, "message has %d bytes", len(b))
	}
	err := readObject(b, c)
	badID := c.setID()
	switch {
	case errors.Is(err, errTooDeep):
		return errDeepJSON
	case err != nil:
		return errInvalidJSON
	case badID != nil:
		return badID
	}
	return c.setType()
}

// Clone returns a Command that shares no memory with c.
func (c *Command) Clone() Command {
	d := *c
	d.Raw = bytes.Clone(c.Raw)
	if c.ID != nil {
		d.ID = d.value(fieldID)
	}
	return d
}

// visit notes where the members of a command stand. DecodeCommand has bounded
// the offsets.
func (c *Command) visit(m member) {
	c.spans[fieldNamed(m.plainName())] = span{uint32(m.start), uint32(m.end)}
}

// value returns a field as written, nil if it is absent.
func (c *Command) value(f field) jsontext.Value {
	s := c.spans[f]
	if s.end == 0 {
		return nil
	}
	return c.Raw[s.start:s.end:s.end]
}

func (c *Command) setID() *Error {
	v := c.value(fieldID)
	if v == nil {
		return nil
	}
	switch v.Kind() {
	case jsontext.KindString:
		if len(v)-2 <= MaxIDLength || len(unquote(v)) <= MaxIDLength {
			c.ID = v
			return nil
		}
		return Errorf(CodeBadRequest, `"id" is longer than %d bytes`, MaxIDLength)
	case jsontext.KindNumber:
		if _, ok := integer(v, -maxInteger, maxInteger); ok {
			c.ID = v
			return nil
		}
	}
	return Errorf(CodeBadRequest, `"id" must be a string of at most %d bytes or an integer between -(2^53-1) and 2^53-1`, MaxIDLength)
}

func (c *Command) setType() error {
	v := c.value(fieldType)
	switch {
	case v == nil:
		return Errorf(CodeBadRequest, `"type" is missing`)
	case v.Kind() != jsontext.KindString, len(v) == len(`""`):
		return Errorf(CodeBadRequest, `"type" must be a non-empty string`)
	case len(v)-2 > MaxTypeLength:
		return Errorf(CodeBadRequest, `"type" is longer than %d bytes`, MaxTypeLength)
	}
	c.Type = typeName(v[1 : len(v)-1])
	if bytes.IndexByte(v, '\\') >= 0 {
		c.Type = typeName([]byte(unquote(v)))
	}
	return nil
}
