package protocol

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep arrays and objects may be nested in a message, the
// message itself included.
const MaxDepth = 64

var (
	errNotObject = errors.New("not a JSON object")
	errTooDeep   = errors.New("nested too deep")
)

// member is one member of a JSON object. It aliases the input.
type member struct {
	name       jsontext.Value // quoted, as written
	value      jsontext.Value
	start, end int // where value stands
}

// plainName returns the name without quotes and escapes.
func (m member) plainName() []byte {
	if bytes.IndexByte(m.name, '\\') >= 0 {
		return []byte(unquote(m.name))
	}
	return m.name[1 : len(m.name)-1]
}

// visitor takes the members of an object, in order.
type visitor interface {
	visit(m member)
}

// readObject hands every member of the JSON object in to v, in a single strict
// pass: duplicate names, invalid UTF-8, trailing data and nesting beyond
// MaxDepth are errors. Members before the error have then been handed over.
func readObject(in []byte, v visitor) error {
	return json.Unmarshal(in, &objectReader{in: in, v: v})
}

// checkValue reads any JSON value as strictly, as one that is to become a
// member of an object.
func checkValue(in []byte) error {
	return json.Unmarshal(in, &valueReader{shallow: isShallow(in)})
}

// isShallow reports whether in has too few brackets to nest too deep, which
// spares the usual message the walk token by token.
func isShallow(in []byte) bool {
	return bytes.Count(in, []byte{'{'})+bytes.Count(in, []byte{'['}) < MaxDepth
}

// objectReader is a json.UnmarshalerFrom because json lends those its pooled
// decoders.
type objectReader struct {
	in []byte
	v  visitor
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (o *objectReader) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginObject {
		return errNotObject
	}
	value := valueReader{shallow: isShallow(o.in)}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		// The decoder lends its values until the next read only, but its
		// offsets hold for the input.
		m := member{end: int(d.InputOffset())}
		m.name = o.in[m.end-len(name) : m.end]
		if err := value.UnmarshalJSONFrom(d); err != nil {
			return err
		}
		m.start, m.end = value.start, int(d.InputOffset())
		m.value = o.in[m.start:m.end]
		o.v.visit(m)
	}
	_, err := d.ReadToken()
	return err
}

// valueReader reads over one value that nests at most MaxDepth-1 levels.
type valueReader struct {
	shallow bool // it is known not to nest deeper
	start   int  // set: where the value starts
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *valueReader) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	if r.shallow || kind != jsontext.KindBeginObject && kind != jsontext.KindBeginArray {
		v, err := d.ReadValue()
		r.start = int(d.InputOffset()) - len(v)
		return err
	}
	outside := d.StackDepth()
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	r.start = int(d.InputOffset()) - 1
	for d.StackDepth() > outside {
		if d.StackDepth()-outside >= MaxDepth {
			return errTooDeep
		}
		if _, err := d.ReadToken(); err != nil {
			return err
		}
	}
	return nil
}

// jsonError turns an error of readObject or checkValue into one that can be
// shown. what names the text that was read.
func jsonError(what string, err error) *Error {
	switch {
	case errors.Is(err, errNotObject):
		return Errorf(CodeBadRequest, "%s is not a JSON object", what)
	case errors.Is(err, errTooDeep):
		return Errorf(CodeBadRequest, "%s is nested too deep; a message may have %d levels", what, MaxDepth)
	}
	if se, ok := errors.AsType[*jsontext.SyntacticError](err); ok && se.Err != nil {
		return Errorf(CodeBadRequest, "%s is not valid JSON: %v at byte %d", what, se.Err, se.ByteOffset)
	}
	return Errorf(CodeBadRequest, "%s is not valid JSON", what)
}
