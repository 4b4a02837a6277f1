package httpapi

import (
	"unicode"
	"unicode/utf8"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	maxLabel = 128 // bytes of a message id, key or event name
	maxName  = 128 // bytes of a user, group or position
)

// checkChannel says where a bad or missing channel name stands.
func checkChannel(name, where string) error {
	if name == "" {
		return badRequest("%s is missing; give the name of a channel", where)
	}
	if e := protocol.CheckChannel(name); e != nil {
		return protocol.Errorf(e.Code, "%s: %s", where, e.Message)
	}
	return nil
}

// checkClientID says where a bad or missing client id stands.
func checkClientID(id, where string) error {
	if e := protocol.CheckClientID(id); e != nil {
		return badRequest("%s: %s", where, e.Message)
	}
	return nil
}

// checkName checks what names a user or group.
func checkName(s, where string) error {
	if s == "" {
		return badRequest("%s is missing; give a name or an id", where)
	}
	return checkText(s, where, maxName)
}

// checkText refuses what would break a log line or a header: control
// characters, broken UTF-8, more than most bytes. Empty is fine.
func checkText(s, where string, most int) error {
	if len(s) > most {
		return badRequest("%s has %d bytes; at most %d are allowed", where, len(s), most)
	}
	if !utf8.ValidString(s) {
		return badRequest("%s is not valid UTF-8", where)
	}
	for _, c := range s {
		if unicode.IsControl(c) {
			return badRequest("%s contains the control character %U; remove it", where, c)
		}
	}
	return nil
}
