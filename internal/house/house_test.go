package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// The caps. An exception is an entry of exceptions, with its reason.
const (
	maxFileLines     = 400
	maxTestFileLines = 800
	maxFuncLines     = 60
	maxStructFields  = 16
	maxMethods       = 5
	maxRootNames     = 60
)

// exceptions maps "rule path name" to the reason why the rule does not hold
// there. An entry that is no longer needed fails the test.
var exceptions = map[string]string{
	"no-state cmd/outcry/main.go version":         "the linker sets it",
	"struct-fields info.go Stats":                 "a flat list of counters, one field each",
	"struct-fields httpapi/status.go statsResult": "the same counters, flat on the wire",
}

// A source is one parsed Go file of the tree.
type source struct {
	path  string // slash-separated, from the module's root
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// A finding is one breach of a rule.
type finding struct {
	path string
	name string // what broke the rule: a function, a type, a file
	text string
}

func TestRules(t *testing.T) {
	sources := parseTree(t)
	rules := []struct {
		name  string
		check func(*source) []finding
	}{
		{"file-length", fileLength},
		{"function-length", functionLength},
		{"struct-fields", structFields},
		{"interface-methods", interfaceMethods},
		{"path-name", pathName},
		{"type-name", typeName},
		{"no-init", noInit},
		{"no-sleep", noSleep},
		{"go-files", goFile},
	}
	used := map[string]bool{}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, s := range sources {
				report(t, used, r.name, r.check(s))
			}
		})
	}
	t.Run("no-state", func(t *testing.T) {
		for _, pkg := range byFolder(sources) {
			report(t, used, "no-state", packageState(pkg))
		}
	})
	t.Run("exceptions", func(t *testing.T) {
		for key := range exceptions {
			if !used[key] {
				t.Errorf("exception %q is not needed any more: remove it", key)
			}
		}
	})
}

// report fails t for every finding that is not excepted.
func report(t *testing.T, used map[string]bool, rule string, found []finding) {
	t.Helper()
	for _, f := range found {
		key := rule + " " + f.path + " " + f.name
		if exceptions[key] != "" {
			used[key] = true
			continue
		}
		t.Errorf("%s: %s", f.path, f.text)
	}
}

func TestRootNames(t *testing.T) {
	var names []string
	for _, s := range parseTree(t) {
		if path.Dir(s.path) == "." && !s.test() {
			names = append(names, exported(s.ast)...)
		}
	}
	if len(names) > maxRootNames {
		t.Errorf("the root package exports %d names, more than %d: %s",
			len(names), maxRootNames, strings.Join(names, " "))
	}
}

// root returns the module's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("module root: %v", err)
	}
	return dir
}

// parseTree parses every hand-written Go file of the repository, those of
// nested modules included.
func parseTree(t *testing.T) []*source {
	t.Helper()
	tree := os.DirFS(root(t))
	var sources []*source
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipFolder(name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		s, err := parseSource(tree, name)
		if err == nil && !ast.IsGenerated(s.ast) {
			sources = append(sources, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// skipFolder says which folders hold nothing written by hand.
func skipFolder(name string) bool {
	base := path.Base(name)
	switch base {
	case "node_modules", "testdata", "bin", "dist":
		return true
	}
	return name != "." && strings.HasPrefix(base, ".")
}

func parseSource(tree fs.FS, name string) (*source, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &source{path: name, lines: strings.Count(string(text), "\n"), fset: fset, ast: file}, nil
}

// byFolder groups the non-test files of each folder.
func byFolder(sources []*source) map[string][]*source {
	folders := map[string][]*source{}
	for _, s := range sources {
		if !s.test() {
			dir := path.Dir(s.path)
			folders[dir] = append(folders[dir], s)
		}
	}
	return folders
}

// exported lists the exported top-level names of a file; methods are not
// counted.
func exported(f *ast.File) []string {
	var names []string
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						add(id)
					}
				}
			}
		}
	}
	return names
}

func breach(s *source, name, format string, args ...any) finding {
	return finding{path: s.path, name: name, text: fmt.Sprintf(format, args...)}
}
