package protocol

import (
	"bytes"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxChannelsPerCommand bounds the channels of one subscribe or
	// unsubscribe.
	MaxChannelsPerCommand = 256
	// maxEchoedName is the length of a channel name beyond which the whole
	// command is refused: what a result repeats has to be bounded.
	maxEchoedName = 256
	// maxTextLength bounds event, message_id, key, since and notification_id,
	// in bytes.
	maxTextLength = 128
)

// fields reads typed fields of a command and keeps the first error. An absent
// field and one that is null give the zero value.
type fields struct {
	c   *Command
	err *Error
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = Errorf(CodeBadRequest, format, args...)
	}
}

// value returns nil for null, too.
func (f *fields) value(n field) jsontext.Value {
	v := f.c.value(n)
	if v.Kind() == jsontext.KindNull {
		return nil
	}
	return v
}

func (f *fields) text(n field) string {
	v := f.value(n)
	if v == nil {
		return ""
	}
	if v.Kind() != jsontext.KindString {
		f.fail("%q must be a string", n)
		return ""
	}
	return unquote(v)
}

// short is text of at most maxTextLength bytes.
func (f *fields) short(n field) string {
	s := f.text(n)
	if len(s) > maxTextLength {
		f.fail("%q is longer than %d bytes", n, maxTextLength)
		return ""
	}
	return s
}

func (f *fields) boolean(n field) bool {
	switch f.c.value(n).Kind() {
	case jsontext.KindTrue:
		return true
	case jsontext.KindFalse, jsontext.KindNull, jsontext.KindInvalid:
	default:
		f.fail("%q must be true or false", n)
	}
	return false
}

func (f *fields) count(n field) int {
	v := f.value(n)
	if v == nil {
		return 0
	}
	i, ok := integer(v, 0, math.MaxInt32)
	if !ok {
		f.fail("%q must be an integer between 0 and %d", n, math.MaxInt32)
	}
	return int(i)
}

// rate reads a number greater than zero.
func (f *fields) rate(n field) float64 {
	v := f.value(n)
	if v == nil {
		return 0
	}
	x, err := strconv.ParseFloat(string(v), 64)
	if v.Kind() != jsontext.KindNumber || err != nil || x <= 0 {
		f.fail("%q must be a number greater than 0", n)
		return 0
	}
	return x
}

// channel reads "channel", for which fallback stands where it is absent or
// empty.
func (f *fields) channel(fallback string) string {
	name := f.text(fieldChannel)
	if name == "" {
		return fallback
	}
	f.checkEcho(name)
	return name
}

// channels reads "channel" and "channels".
func (f *fields) channels() []string {
	var l nameList
	if name := f.channel(""); name != "" {
		l.names = append(l.names, name)
	}
	v := f.value(fieldChannels)
	if v == nil {
		return l.names
	}
	if err := json.Unmarshal(v, &l); err != nil {
		f.fail(`"channels" must be an array of at most %d strings`, MaxChannelsPerCommand)
		return nil
	}
	for _, name := range l.names {
		f.checkEcho(name)
	}
	return l.names
}

func (f *fields) checkEcho(name string) {
	if len(name) > maxEchoedName && f.err == nil {
		f.err = Errorf(CodeBadChannel, "a channel name has %d bytes; 1 to %d are allowed", len(name), MaxNameLength)
	}
}

// nameList is an array of strings that is never longer than
// MaxChannelsPerCommand.
type nameList struct{ names []string }

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *nameList) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray {
		return strconv.ErrSyntax
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == jsontext.KindString {
		if len(l.names) == MaxChannelsPerCommand {
			return strconv.ErrRange
		}
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		l.names = append(l.names, t.String())
	}
	t, err := d.ReadToken()
	if err == nil && t.Kind() != jsontext.KindEndArray {
		err = strconv.ErrSyntax
	}
	return err
}

// unquote returns what v, a valid JSON string, stands for.
func unquote(v jsontext.Value) string {
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	b, _ := jsontext.AppendUnquote(make([]byte, 0, len(v)), v) // no error: v has been read before
	return string(b)
}

// integer reads an integer written without fraction and exponent. ok is false
// for everything else and outside the bounds.
func integer(v jsontext.Value, lowest, highest int64) (i int64, ok bool) {
	i, err := strconv.ParseInt(string(v), 10, 64)
	return i, err == nil && lowest <= i && i <= highest
}
