package replay

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// csvParser reads one line as one record: a quoted cell cannot hold a newline,
// so that a lost quote costs one line and not the rest of the file.
type csvParser struct {
	schema *schema
	cells  *csv.Reader
	input  *bytes.Reader
	names  []string
	roles  roles
	row    []field
}

// newCSVParser reads the header.
func newCSVParser(s *schema, header []byte) (*csvParser, error) {
	p := &csvParser{schema: s, input: bytes.NewReader(nil)}
	// csv.Reader keeps a *bufio.Reader of this size as it is, and neither of
	// them remembers the end of its input: that makes them fit for line after line.
	p.cells = csv.NewReader(bufio.NewReader(p.input))
	p.cells.Comma = delimiter(header)
	p.cells.FieldsPerRecord = -1
	p.cells.TrimLeadingSpace = true
	p.cells.ReuseRecord = true
	record, err := p.split(header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for i, name := range record {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column%d", i+1)
		}
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("header: column %d is not UTF-8", i+1)
		}
		if slices.Contains(p.names, name) {
			return nil, fmt.Errorf("header: column %q appears twice", name)
		}
		p.names = append(p.names, name)
	}
	if p.roles, err = s.learn(p.names); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	p.row = make([]field, len(p.names))
	return p, nil
}

// delimiter is the most frequent of comma, semicolon and tab in the header.
func delimiter(header []byte) rune {
	best, most := ',', bytes.Count(header, []byte{','})
	for _, r := range []rune{'\t', ';'} {
		if n := bytes.Count(header, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// split reads the cells of one line. They are valid until the next call.
func (p *csvParser) split(text []byte) ([]string, error) {
	p.input.Reset(text)
	record, err := p.cells.Read()
	if parseErr, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, fmt.Errorf("column %d: %w", parseErr.Column, parseErr.Err)
	}
	return record, err
}

func (p *csvParser) parse(text []byte) (Tick, error) {
	record, err := p.split(text)
	if err != nil {
		return Tick{}, err
	}
	if len(record) != len(p.names) {
		return Tick{}, fmt.Errorf("%d columns where the header has %d", len(record), len(p.names))
	}
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		raw, err := cellValue(cell)
		if err != nil {
			return Tick{}, fmt.Errorf("%s: %w", p.names[i], err)
		}
		p.row[i] = field{name: p.names[i], text: cell, raw: raw}
	}
	return p.schema.tick(p.row, p.roles)
}

// cellValue is a cell as JSON: a number where it is one as JSON writes it
// (005930 is not), true and false, nothing where it is empty, else a string.
func cellValue(cell string) (jsontext.Value, error) {
	switch cell {
	case "":
		return nil, nil
	case "true", "false":
		return jsontext.Value(cell), nil
	}
	if v := jsontext.Value(cell); v.Kind() == '0' && v.IsValid() {
		return v, nil
	}
	if !utf8.ValidString(cell) {
		return nil, errors.New("invalid UTF-8")
	}
	return appendQuoted(nil, cell), nil
}
