package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotObject = errors.New("not a JSON object")

// ndjsonParser reads one JSON object per line.
type ndjsonParser struct {
	schema  *schema
	decoder *jsontext.Decoder
	names   []string
	row     []field
}

func newNDJSONParser(s *schema) *ndjsonParser {
	return &ndjsonParser{schema: s, decoder: jsontext.NewDecoder(bytes.NewReader(nil))}
}

func (p *ndjsonParser) parse(text []byte) (Tick, error) {
	if err := p.split(text); err != nil {
		return Tick{}, err
	}
	r, err := p.schema.learn(p.names)
	if err != nil {
		return Tick{}, err
	}
	return p.schema.tick(p.row, r)
}

// split reads the members into names and row, which share the bytes of text.
func (p *ndjsonParser) split(text []byte) error {
	p.names, p.row = p.names[:0], p.row[:0]
	d := p.decoder
	d.Reset(bytes.NewBuffer(text))
	if d.PeekKind() != '{' {
		return errNotObject
	}
	if _, err := d.ReadToken(); err != nil {
		return readable(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return readable(err)
		}
		f := field{name: name.String()}
		v, err := d.ReadValue()
		if err != nil {
			return readable(err)
		}
		end := d.InputOffset()
		f.raw = jsontext.Value(text[end-int64(len(v)) : end])
		f.text = plain(f.raw)
		p.names = append(p.names, f.name)
		p.row = append(p.row, f)
	}
	if _, err := d.ReadToken(); err != nil {
		return readable(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value on the line")
	}
	return nil
}

// readable cuts a JSON error down to what went wrong and where.
func readable(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("not valid JSON at byte %d: %w", e.ByteOffset+1, e.Err)
	}
	return fmt.Errorf("%w: %w", errNotObject, err)
}

// plain is a string without its quotes and escapes, any other value as it is.
func plain(v jsontext.Value) string {
	if v.Kind() != '"' {
		return string(v)
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return string(v)
	}
	return string(text)
}
