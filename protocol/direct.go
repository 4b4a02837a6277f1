package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendDirect appends an object that is sent to clients, users, groups or
// everybody rather than to a channel. Its members stay as they are; only a
// timestamp is added where there is none.
//
// The error is an *Error of code bad_request; dst is returned as it was.
func AppendDirect(dst []byte, object jsontext.Value, now time.Time) ([]byte, error) {
	c := copier{w: writer{b: append(dst, '{')}}
	if err := readObject(object, &c); err != nil {
		return dst, jsonError("message", err)
	}
	if !c.hasTimestamp {
		c.w.time("timestamp", now)
	}
	return c.w.end(), nil
}
