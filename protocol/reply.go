package protocol

import "github.com/go-json-experiment/json/jsontext"

// AppendReply appends the object with which the handler of a custom message
// type answers, and in it the id of the command, if that has one.
//
// The error is an *Error of code bad_request; dst is returned as it was.
func AppendReply(dst []byte, object, id jsontext.Value) ([]byte, error) {
	c := copier{w: writer{b: append(dst, '{')}}
	if id != nil {
		c.drop = isID
	}
	if err := readObject(object, &c); err != nil {
		return dst, jsonError("reply", err)
	}
	return c.w.reply(id), nil
}

func isID(name []byte) bool { return string(name) == "id" }
