package settings

import (
	"fmt"
	"strings"
	"time"
)

// Prefix begins the name of every environment variable.
const Prefix = "WEBSOCKET_"

// Key is one setting as a user meets it.
type Key struct {
	Path    string // the name in the file; a dot enters a section
	Doc     string // what it does, one sentence
	Kind    Kind
	Allowed string // what values are allowed, for messages and documentation
	Secret  bool   // the value is never shown

	// set parses values, exactly one unless the kind is List, and stores them
	// in s. On an error s is unchanged; the text says what is wrong and what
	// is allowed, and never repeats a secret.
	set func(s *Settings, values []string) error
	// value reads the setting: an int, bool, string, time.Duration or
	// []string.
	value func(s *Settings) any
}

// Kind is the type of a setting's value.
type Kind string

// The kinds.
const (
	Integer  Kind = "integer"
	Duration Kind = "time"
	Bool     Kind = "true or false"
	Text     Kind = "text"
	List     Kind = "list"
)

// Env is the key's environment variable.
func (k *Key) Env() string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(k.Path, ".", "_"))
}

// Flag is the key's flag, without the leading dashes.
func (k *Key) Flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(k.Path)
}

// split turns the text of a variable or flag into values.
func (k *Key) split(text string) []string {
	if k.Kind != List {
		return []string{text}
	}
	var values []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			values = append(values, item)
		}
	}
	return values
}

// text is the value of the setting as a variable or flag would give it.
func (k *Key) text(s *Settings) string {
	switch v := k.value(s).(type) {
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		return formatDuration(v)
	default:
		return fmt.Sprint(v)
	}
}
