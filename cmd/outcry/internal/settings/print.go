package settings

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// mask stands for every secret.
const mask = "********"

// sourceColumn is where the comment with the source begins.
const sourceColumn = 44

// WriteYAML prints the effective configuration as a file that could be read
// again, secrets masked, the source of each value in a comment.
func (e *Effective) WriteYAML(w io.Writer) error {
	var b bytes.Buffer
	current := ""
	for i := range e.reg.list {
		k := &e.reg.list[i]
		section, name, nested := strings.Cut(k.Path, ".")
		if !nested {
			section, name = "", k.Path
		}
		if nested && section != current {
			fmt.Fprintf(&b, "%s:\n", section)
		}
		current = section
		indent := ""
		if nested {
			indent = "  "
		}
		writeLine(&b, indent+name+": "+yamlValue(k, &e.Settings), e.origins[k.Path])
	}
	e.writeRules(&b)
	_, err := w.Write(b.Bytes())
	return err
}

func writeLine(b *bytes.Buffer, line string, origin Origin) {
	fmt.Fprintf(b, "%-*s # %s\n", sourceColumn, line, origin)
}

func (e *Effective) writeRules(b *bytes.Buffer) {
	if len(e.Settings.Rules) == 0 {
		writeLine(b, rulesKey+": []", e.origins[rulesKey])
		return
	}
	writeLine(b, rulesKey+":", e.origins[rulesKey])
	for _, r := range e.Settings.Rules {
		fmt.Fprintf(b, "  - {match: %q, client_publish: %t, presence: %t, priority: %s, overflow: %s}\n",
			r.Match, r.ClientPublish, r.Presence, r.Priority, r.Overflow)
	}
}

func yamlValue(k *Key, s *Settings) string {
	switch v := masked(k, s).(type) {
	case string:
		return strconv.Quote(v)
	case time.Duration:
		return formatDuration(v)
	case []string:
		items := make([]string, 0, len(v))
		for _, item := range v {
			items = append(items, strconv.Quote(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// masked is the value of the setting as it may be shown.
func masked(k *Key, s *Settings) any {
	value := k.value(s)
	if !k.Secret {
		return value
	}
	switch v := value.(type) {
	case []string:
		shown := make([]string, len(v))
		for i := range shown {
			shown[i] = mask
		}
		return shown
	case string:
		if v == "" {
			return ""
		}
	}
	return mask
}

// printed is one setting in the JSON form.
type printed struct {
	Value  any    `json:"value"`
	Source string `json:"source"`
}

// WriteJSON prints the effective configuration as one JSON object: by path,
// the value and its source, secrets masked.
func (e *Effective) WriteJSON(w io.Writer) error {
	out := make(map[string]printed, len(e.reg.list)+1)
	for i := range e.reg.list {
		k := &e.reg.list[i]
		value := masked(k, &e.Settings)
		if d, ok := value.(time.Duration); ok {
			value = formatDuration(d)
		}
		out[k.Path] = printed{value, e.origins[k.Path].String()}
	}
	rules := e.Settings.Rules
	if rules == nil {
		rules = []Rule{}
	}
	out[rulesKey] = printed{rules, e.origins[rulesKey].String()}
	if err := json.MarshalWrite(w, out, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
