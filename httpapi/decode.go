package httpapi

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry/protocol"
)

// decode reads one JSON object into the struct v points to. Unknown and
// doubled fields are errors. at is the JSON pointer of data within the body.
// Errors are *protocol.Error and say what is wrong, where, and what to do.
func decode(data []byte, v any, at jsontext.Pointer) error {
	switch kind := jsontext.Value(data).Kind(); {
	case len(strings.TrimSpace(string(data[:min(len(data), 64)]))) == 0:
		return badRequest("the body is empty; send a JSON object")
	case kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid:
		return badRequest("%s must be an object, not %s", place(at), kindName(kind))
	}
	err := json.Unmarshal(data, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return syntaxError(e, at)
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(e.Err, json.ErrUnknownName) {
			return badRequest("unknown field %q at %s; known are %s",
				clip(e.JSONPointer.LastToken()), place(at+e.JSONPointer.Parent()), fields(v))
		}
		return badRequest("%s must be %s, not %s", place(at+e.JSONPointer), want(e.GoType), kindName(e.JSONKind))
	}
	return badRequest("%s is not what this call takes", place(at))
}

func syntaxError(e *jsontext.SyntacticError, at jsontext.Pointer) error {
	where := at + e.JSONPointer
	switch {
	case errors.Is(e.Err, jsontext.ErrDuplicateName):
		return badRequest("the field %q stands twice at %s; give it once",
			clip(e.JSONPointer.LastToken()), place(where.Parent()))
	case errors.Is(e.Err, io.ErrUnexpectedEOF), errors.Is(e.Err, io.EOF):
		return badRequest("the JSON ends early, at byte %d within %s", e.ByteOffset, place(where))
	}
	return badRequest("not valid JSON at byte %d within %s: %s", e.ByteOffset, place(where), clip(e.Err.Error()))
}

// fields lists the names a struct takes, for the error of an unknown one.
func fields(v any) string {
	var names []string
	t := reflect.TypeOf(v).Elem()
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// want names the JSON type that a Go type takes.
func want(t reflect.Type) string {
	if t == nil {
		return "a different value"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a different value"
}

func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginArray:
		return "an array"
	case jsontext.KindBeginObject:
		return "an object"
	}
	return "this"
}

// place writes a JSON pointer for people.
func place(p jsontext.Pointer) string {
	if p == "" {
		return "the body"
	}
	return clip(string(p))
}

// clip bounds and cleans a text from the caller before it is sent back.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

func badRequest(format string, args ...any) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadRequest, format, args...)
}
