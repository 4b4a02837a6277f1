package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The generated files are committed; this is what keeps them true to the
// table.
func TestOutputsAreCommitted(t *testing.T) {
	files, err := outputs()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(f.path, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(f.path)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(f.content), string(got)); diff != "" {
				t.Errorf("run go generate ./protocol (-table +file):\n%s", diff)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	root := t.TempDir()
	if err := write(root); err != nil {
		t.Fatal(err)
	}
	files, err := outputs()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.path)))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, f.content) {
			t.Errorf("%s is not what was rendered", f.path)
		}
	}
}

func TestCamel(t *testing.T) {
	for ident, want := range map[string]string{
		"Normal":        "normal",
		"TooBig":        "tooBig",
		"ClientIDInUse": "clientIDInUse",
		"IDInUse":       "idInUse",
	} {
		if got := camel(ident); got != want {
			t.Errorf("camel(%q) = %q, want %q", ident, got, want)
		}
	}
}
