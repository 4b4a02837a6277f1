package protocol

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// writer appends one JSON object. Names are constants of this package that
// need no escaping.
type writer struct {
	b     []byte
	comma bool
}

// begin starts a message of the given type.
func begin(dst []byte, msgType string) writer {
	w := writer{b: append(dst, '{')}
	w.text("type", msgType)
	return w
}

func (w *writer) end() []byte { return append(w.b, '}') }

// reply ends a message that answers a command with the given id.
func (w *writer) reply(id jsontext.Value) []byte {
	if id != nil {
		w.raw("id", id)
	}
	return w.end()
}

func (w *writer) name(name string) {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) raw(name string, v []byte) {
	w.name(name)
	w.b = append(w.b, v...)
}

// member copies m as written.
func (w *writer) member(m member) {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
	w.b = append(w.b, m.name...)
	w.b = append(w.b, ':')
	w.b = append(w.b, m.value...)
}

func (w *writer) text(name, v string) {
	w.name(name)
	w.b = appendString(w.b, v)
}

// textIf leaves an empty v out.
func (w *writer) textIf(name, v string) {
	if v != "" {
		w.text(name, v)
	}
}

func (w *writer) boolean(name string, v bool) {
	w.name(name)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *writer) integer(name string, v int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *writer) unsigned(name string, v uint64) {
	w.name(name)
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *writer) number(name string, v float64) {
	w.name(name)
	w.b = jsontext.AppendFloat(w.b, v, 64)
}

// seconds writes a negative d as 0: what is off is off.
func (w *writer) seconds(name string, d time.Duration) { w.number(name, max(d, 0).Seconds()) }

// millis rounds up, so that a wait is never told as none.
func (w *writer) millis(name string, d time.Duration) {
	w.integer(name, int64((max(d, 0)+time.Millisecond-1)/time.Millisecond))
}

func (w *writer) time(name string, t time.Time) {
	w.name(name)
	w.b = AppendQuotedTime(w.b, t)
}

// failure writes code and message of e, where there is one.
func (w *writer) failure(e *Error) {
	if e == nil {
		return
	}
	w.text("code", string(e.Code))
	w.text("message", e.Message)
	if e.RetryAfter > 0 {
		w.millis("retry_after_ms", e.RetryAfter)
	}
}

// position writes what a channel's log holds.
func (w *writer) position(epoch string, oldest, top uint64) {
	w.text("epoch", epoch)
	w.unsigned("oldest", oldest)
	w.unsigned("top", top)
}

// appendString appends v as a JSON string; invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, v string) []byte {
	dst, _ = jsontext.AppendQuote(dst, v) // the error: invalid UTF-8 has been replaced
	return dst
}
