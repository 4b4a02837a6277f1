package replay

import (
	"fmt"
	"strings"
)

// template is a channel name with {column} in it.
type template struct {
	parts []part
}

// part is literal text, or the name of a column.
type part struct {
	text   string
	column bool
}

func parseTemplate(s string) (template, error) {
	var t template
	for rest := s; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || name == "" {
			return template{}, fmt.Errorf("channel %q: { without a column name and }", s)
		}
		t.parts = append(t.parts, part{text: name, column: true})
		rest = tail
	}
	if len(t.parts) == 0 {
		return template{}, fmt.Errorf("channel is empty")
	}
	return t, nil
}

// fill writes the name for one row; value returns a column's text.
func (t template) fill(value func(column string) (string, bool)) (string, error) {
	if len(t.parts) == 1 && !t.parts[0].column {
		return t.parts[0].text, nil
	}
	var b strings.Builder
	for _, p := range t.parts {
		if !p.column {
			b.WriteString(p.text)
			continue
		}
		v, ok := value(p.text)
		if !ok || v == "" {
			return "", fmt.Errorf("no %s for the channel name", p.text)
		}
		b.WriteString(v)
	}
	return b.String(), nil
}
