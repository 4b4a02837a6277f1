package settings

import (
	"fmt"
	"io"
	"strings"
)

// WriteReference writes the tables of docs/configuration.md.
func WriteReference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| Key | Variable | Default | Allowed | Meaning |\n|---|---|---|---|---|\n")
	defaults, keys := Default(), Keys()
	for i := range keys {
		k := &keys[i]
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s | %s |\n",
			k.Path, k.Env(), yamlValue(k, &defaults), cell(k.Allowed), cell(k.Doc))
	}
	b.WriteString("\nA rule (`rules`, a list, in the file only; the first that matches a channel wins):\n\n")
	b.WriteString("| Key | Default | Allowed | Meaning |\n|---|---|---|---|\n")
	for _, k := range RuleKeys() {
		value := "must be given"
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, value, cell(k.Allowed), cell(k.Doc))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell makes text safe inside a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", `"*"`, "`\"*\"`").Replace(text)
}
