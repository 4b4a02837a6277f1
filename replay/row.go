package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

// field is one column of a row, or one member of an object.
type field struct {
	name string
	// text is the cell, or the string without its quotes.
	text string
	// raw is the value as JSON.
	raw jsontext.Value
}

// roles are the positions of the columns that mean something to us; -1 is none.
type roles struct {
	// times are one column, or a date and a time of day.
	times   []int
	symbol  int
	price   int
	channel int
	kind    int
}

// schema finds the roles of a file's columns and makes ticks of its rows.
// It keeps what it learned from one row for the next: one goroutine.
type schema struct {
	opts    Options
	format  timeFormat
	channel template
	// columns are the names that known was found for.
	columns []string
	known   roles
}

func newSchema(o Options) (*schema, error) {
	format, formatErr := parseTimeFormat(o.TimeFormat)
	name := o.Channel
	if name == "" {
		name = DefaultChannel
	}
	channel, channelErr := parseTemplate(name)
	if err := errors.Join(formatErr, channelErr); err != nil {
		return nil, err
	}
	return &schema{opts: o, format: format, channel: channel}, nil
}

// learn finds the roles of the named columns. It is cheap where the names are
// those of the row before.
func (s *schema) learn(names []string) (roles, error) {
	if s.columns != nil && slices.Equal(names, s.columns) {
		return s.known, nil
	}
	times, timesErr := s.timeColumns(names)
	symbol, symbolErr := pick(names, s.opts.SymbolColumn, "symbol", "ticker", "code")
	price, priceErr := pick(names, s.opts.PriceColumn, "price", "last", "close")
	if err := errors.Join(timesErr, symbolErr, priceErr); err != nil {
		return roles{}, err
	}
	s.known = roles{
		times:   times,
		symbol:  symbol,
		price:   price,
		channel: find(names, "channel"),
		kind:    find(names, "type"),
	}
	s.columns = slices.Clone(names)
	return s.known, nil
}

// timeColumns finds the time. A date beside a time of day makes one time of
// two columns.
func (s *schema) timeColumns(names []string) ([]int, error) {
	if s.opts.TimeColumn != "" {
		var columns []int
		for name := range strings.SplitSeq(s.opts.TimeColumn, ",") {
			i, err := pick(names, name)
			if err != nil {
				return nil, err
			}
			columns = append(columns, i)
		}
		return columns, nil
	}
	for _, name := range []string{"timestamp", "datetime", "ts"} {
		if i := find(names, name); i >= 0 {
			return []int{i}, nil
		}
	}
	var columns []int
	for _, name := range []string{"date", "time"} {
		if i := find(names, name); i >= 0 {
			columns = append(columns, i)
		}
	}
	switch {
	case len(names) == 0:
		return nil, errors.New("no time: the object is empty")
	case columns == nil:
		return nil, fmt.Errorf("no time among %s: name it with the time column option", strings.Join(names, ", "))
	}
	return columns, nil
}

// pick finds the column the user named, which must exist, else the first of
// the usual names.
func pick(names []string, wanted string, usual ...string) (int, error) {
	if wanted != "" {
		if i := find(names, wanted); i >= 0 {
			return i, nil
		}
		return -1, fmt.Errorf("no column %q among %s", wanted, strings.Join(names, ", "))
	}
	for _, name := range usual {
		if i := find(names, name); i >= 0 {
			return i, nil
		}
	}
	return -1, nil
}

func find(names []string, name string) int {
	return slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// tick makes a Tick of a row whose columns have the given roles.
func (s *schema) tick(row []field, r roles) (Tick, error) {
	at, err := s.time(row, r)
	if err != nil {
		return Tick{}, err
	}
	channel, err := s.channelOf(row, r)
	if err != nil {
		return Tick{}, err
	}
	if r.price >= 0 && row[r.price].raw.Kind() != '0' {
		return Tick{}, fmt.Errorf("%s %q is not a number", row[r.price].name, row[r.price].text)
	}
	if r.kind >= 0 && slices.Contains([]jsontext.Kind{'{', '['}, row[r.kind].raw.Kind()) {
		return Tick{}, errors.New("type is not a string")
	}
	t := Tick{Time: at, Channel: channel, Object: s.object(row, r, at)}
	if r.symbol >= 0 {
		t.Key = row[r.symbol].text
	}
	return t, nil
}

func (s *schema) time(row []field, r roles) (time.Time, error) {
	if len(r.times) == 1 {
		return s.format.parse(row[r.times[0]].text)
	}
	var texts []string
	for _, i := range r.times {
		texts = append(texts, row[i].text)
	}
	return s.format.parse(strings.Join(texts, " "))
}

// channelOf prefers the user's template, then the row's own channel.
func (s *schema) channelOf(row []field, r roles) (string, error) {
	if s.opts.Channel == "" && r.channel >= 0 {
		return checkedChannel(row[r.channel].text)
	}
	name, err := s.channel.fill(func(column string) (string, bool) {
		i := slices.IndexFunc(row, func(f field) bool { return strings.EqualFold(f.name, column) })
		if column == "symbol" && r.symbol >= 0 {
			i = r.symbol
		}
		if i < 0 {
			return "", false
		}
		return row[i].text, true
	})
	if err != nil {
		return "", err
	}
	return checkedChannel(name)
}

func checkedChannel(name string) (string, error) {
	if err := protocol.CheckChannel(name); err != nil {
		return "", errors.New(err.Message)
	}
	return name, nil
}

// object writes the message: type and symbol first, timestamp last, the rest
// as the file has it. Fields that only the server sets (seq, cursor, …) are
// removed there.
func (s *schema) object(row []field, r roles, at time.Time) json.RawMessage {
	kind := s.opts.kind()
	if r.kind >= 0 && row[r.kind].text != "" {
		kind = row[r.kind].text
	}
	b := appendQuoted([]byte(`{"type":`), kind)
	if r.symbol >= 0 {
		b = appendMember(b, "symbol", appendQuoted(nil, row[r.symbol].text))
	}
	for i, f := range row {
		if s.placed(i, f, r) {
			continue
		}
		name := f.name
		if i == r.price {
			name = "price"
		}
		b = appendMember(b, name, f.raw)
	}
	b = append(b, `,"timestamp":`...)
	b = protocol.AppendQuotedTime(b, at)
	return append(b, '}')
}

// placed says that a column is not to be written as it is: it has a place of
// its own, its name belongs to one that has, or the cell is empty.
func (s *schema) placed(i int, f field, r roles) bool {
	if i == r.symbol || i == r.kind || i == r.channel || slices.Contains(r.times, i) || len(f.raw) == 0 {
		return true
	}
	switch f.name {
	case "type", "channel", "timestamp":
		return true
	case "symbol":
		return r.symbol >= 0
	case "price":
		return r.price >= 0 && i != r.price
	}
	return false
}

func appendMember(b []byte, name string, value []byte) []byte {
	b = append(b, ',')
	b = appendQuoted(b, name)
	b = append(b, ':')
	return append(b, value...)
}

// appendQuoted writes a JSON string. Bad UTF-8, which the readers refuse in
// values, is replaced.
func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\uFFFD"))
	return b
}
