package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// parser makes a Tick of one line. It may keep nothing of text.
type parser interface {
	parse(text []byte) (Tick, error)
}

// decoder reads the lines of one file as ticks. One goroutine.
type decoder struct {
	lines  *lineReader
	parser parser
	name   string
}

// newDecoder tells NDJSON from CSV by the first byte, and reads a CSV header.
func newDecoder(r io.Reader, name string, opts Options) (*decoder, error) {
	schema, err := newSchema(opts)
	if err != nil {
		return nil, err
	}
	d := &decoder{lines: newLineReader(r), name: name}
	if err := d.detect(schema); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

func (d *decoder) detect(s *schema) error {
	if bom, err := d.lines.br.Peek(3); err == nil && bytes.Equal(bom, []byte("\xEF\xBB\xBF")) {
		if _, err := d.lines.br.Discard(len(bom)); err != nil {
			return err
		}
		d.lines.offset = int64(len(bom))
	}
	start, err := d.lines.br.Peek(2)
	if len(start) == 0 {
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		return err
	}
	switch {
	case bytes.Equal(start, []byte{0x1F, 0x8B}):
		return errors.New("the file is compressed; unpack it first: zcat FILE | outcry replay -")
	case start[0] == '[':
		return errors.New("the file is a JSON array; one object per line is needed, as jq -c '.[]' FILE makes")
	case start[0] == '{':
		d.parser = newNDJSONParser(s)
		return nil
	}
	header, err := d.lines.next()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	d.parser, err = newCSVParser(s, header.text)
	return err
}

// next returns the next line as a Tick. A *LineError is about that line only.
func (d *decoder) next() (Tick, line, error) {
	l, err := d.lines.next()
	if err != nil && !errors.Is(err, errLongLine) {
		return Tick{}, l, err
	}
	t, err := d.tick(l)
	return t, l, err
}

func (d *decoder) tick(l line) (Tick, error) {
	if l.size > maxLine {
		return Tick{}, &LineError{File: d.name, Line: l.number, Reason: errLongLine}
	}
	t, err := d.parser.parse(l.text)
	if err != nil {
		return Tick{}, &LineError{File: d.name, Line: l.number, Reason: err}
	}
	t.Line = l.number
	return t, nil
}
