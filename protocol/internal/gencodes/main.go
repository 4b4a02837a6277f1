// Command gencodes writes the Go constants, the documentation page and the
// TypeScript constants of the table of close and error codes. Its argument is
// the root of the module.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// output is one generated file; path is relative to the root of the module.
type output struct {
	path    string
	content []byte
}

func outputs() ([]output, error) {
	source, err := golang()
	if err != nil {
		return nil, fmt.Errorf("format Go source: %w", err)
	}
	return []output{
		{"protocol/codes.go", source},
		{"docs/codes.md", markdown()},
		{"web/src/codes.ts", typescript()},
	}, nil
}

func write(root string) error {
	files, err := outputs()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(root, filepath.FromSlash(f.path))
		//nolint:gosec // sources are for everybody to read
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		//nolint:gosec // as above
		if err := os.WriteFile(path, f.content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gencodes MODULE_ROOT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gencodes:", err)
		os.Exit(1)
	}
}
