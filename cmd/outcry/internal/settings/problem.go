package settings

import (
	"fmt"
	"strings"
)

// Problem is one thing that keeps the server from starting.
type Problem struct {
	Key    string // as the user writes it; empty: the source as a whole
	Value  string // empty: none, or a secret's
	Origin Origin
	Reason string // what is wrong, and what is allowed
}

// String is one line that names key, value, source and what is allowed.
func (p Problem) String() string {
	var b strings.Builder
	if p.Key != "" {
		b.WriteString(p.Key)
		if p.Value != "" {
			fmt.Fprintf(&b, " = %s", p.Value)
		}
		fmt.Fprintf(&b, " (%s): ", p.Origin)
	} else {
		fmt.Fprintf(&b, "%s: ", p.Origin)
	}
	b.WriteString(p.Reason)
	return b.String()
}

// Errors are all that is wrong with a configuration, as one error.
type Errors []Problem

// Error lists every problem on a line of its own.
func (es Errors) Error() string {
	if len(es) == 1 {
		return "configuration: " + es[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "configuration: %d errors", len(es))
	for _, p := range es {
		b.WriteString("\n  - ")
		b.WriteString(p.String())
	}
	return b.String()
}
