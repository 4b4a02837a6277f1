package house

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// emptyNames say nothing about what is inside.
var emptyNames = []string{
	"util", "utils", "common", "helper", "helpers", "misc", "types", "models",
	"base", "shared", "manager", "core", "pkg",
}

// emptySuffixes end the names of types that nobody thought about.
var emptySuffixes = []string{"Manager", "Helper", "Impl"}

// goFiles are where the engine starts goroutines.
var goFiles = []string{
	"executors.go", // the connections' serial executors
	"node.go",      // loops, broker, log
	"internal/netpoll/linger.go",
	"internal/netpoll/outlet.go",
	"internal/netpoll/streams.go",
}

func fileLength(s *source) []finding {
	limit := maxFileLines
	if s.test() {
		limit = maxTestFileLines
	}
	if s.lines <= limit {
		return nil
	}
	return []finding{breach(s, "file", "%d lines, more than %d", s.lines, limit)}
}

// functionLength counts as the linter does, the lines between the braces; of
// test functions only those outside of composite literals, since the table of
// a table test is data.
func functionLength(s *source) []finding {
	var found []finding
	for _, d := range s.ast.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		n := s.linesBetween(f.Body.Lbrace, f.Body.Rbrace)
		if s.test() {
			n -= s.tableLines(f.Body)
		}
		if n > maxFuncLines {
			found = append(found, breach(s, f.Name.Name, "func %s has %d lines, more than %d",
				f.Name.Name, n, maxFuncLines))
		}
	}
	return found
}

func (s *source) linesBetween(left, right token.Pos) int {
	return max(0, s.fset.Position(right).Line-s.fset.Position(left).Line-1)
}

// tableLines counts the lines inside of the outermost composite literals.
func (s *source) tableLines(body ast.Node) int {
	n := 0
	ast.Inspect(body, func(node ast.Node) bool {
		lit, ok := node.(*ast.CompositeLit)
		if ok {
			n += s.linesBetween(lit.Lbrace, lit.Rbrace)
		}
		return !ok
	})
	return n
}

func structFields(s *source) []finding {
	var found []finding
	eachType(s, func(name string, expr ast.Expr) {
		if st, ok := expr.(*ast.StructType); ok {
			if n := countNames(st.Fields); n > maxStructFields {
				found = append(found, breach(s, name, "struct %s has %d fields, more than %d", name, n, maxStructFields))
			}
		}
	})
	return found
}

func interfaceMethods(s *source) []finding {
	var found []finding
	eachType(s, func(name string, expr ast.Expr) {
		if it, ok := expr.(*ast.InterfaceType); ok {
			if n := countNames(it.Methods); n > maxMethods {
				found = append(found, breach(s, name, "interface %s has %d methods, more than %d", name, n, maxMethods))
			}
		}
	})
	return found
}

func pathName(s *source) []finding {
	var found []finding
	file := strings.TrimSuffix(strings.TrimSuffix(path.Base(s.path), ".go"), "_test")
	pkg := strings.TrimSuffix(s.ast.Name.Name, "_test")
	for _, name := range []string{file, pkg} {
		if slices.Contains(emptyNames, name) {
			found = append(found, breach(s, name, "the name %q says nothing", name))
		}
	}
	return found
}

func typeName(s *source) []finding {
	var found []finding
	eachType(s, func(name string, _ ast.Expr) {
		for _, suffix := range emptySuffixes {
			if strings.HasSuffix(name, suffix) {
				found = append(found, breach(s, name, "type %s: the suffix %s says nothing", name, suffix))
			}
		}
	})
	return found
}

func noInit(s *source) []finding {
	for _, d := range s.ast.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			return []finding{breach(s, "init", "func init hides work from the reader")}
		}
	}
	return nil
}

// noSleep lets only tests with a fake clock sleep.
func noSleep(s *source) []finding {
	if s.test() && imports(s.ast, "testing/synctest") {
		return nil
	}
	var found []finding
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && callee(call) == "time.Sleep" {
			found = append(found, breach(s, "time.Sleep", "line %d: time.Sleep outside a synctest bubble",
				s.fset.Position(call.Pos()).Line))
		}
		return true
	})
	return found
}

// goFile keeps the engine's goroutines in the files where a reader looks for
// them.
func goFile(s *source) []finding {
	engine := path.Dir(s.path) == "." || strings.HasPrefix(s.path, "internal/")
	if s.test() || !engine || slices.Contains(goFiles, s.path) {
		return nil
	}
	var found []finding
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if starts(n) {
			found = append(found, breach(s, "go", "line %d starts a goroutine outside of the files in goFiles",
				s.fset.Position(n.Pos()).Line))
		}
		return true
	})
	return found
}

// starts says whether n is a go statement or a call of a group's Go.
func starts(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Go"
	}
	return false
}

func imports(f *ast.File, pkg string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == `"`+pkg+`"`
	})
}

// eachType visits the top-level type declarations of s.
func eachType(s *source, visit func(name string, expr ast.Expr)) {
	for _, d := range s.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			if ts, ok := spec.(*ast.TypeSpec); ok {
				visit(ts.Name.Name, ts.Type)
			}
		}
	}
}

// countNames counts "a, b int" as two and an embedded type as one.
func countNames(l *ast.FieldList) int {
	n := 0
	for _, f := range l.List {
		n += max(1, len(f.Names))
	}
	return n
}

// callee returns "pkg.Func" or "Func", or nothing for other calls.
func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// TestRulesBite gives each rule something to find.
func TestRulesBite(t *testing.T) {
	long := strings.Repeat("\n", maxFuncLines+1)
	cases := []struct {
		name  string
		file  string
		text  string
		check func(*source) []finding
		want  int
	}{
		{"long file", "a/x.go", "package a\n" + strings.Repeat("\n", maxFileLines), fileLength, 1},
		{"a test may be longer", "a/x_test.go", "package a\n" + strings.Repeat("\n", maxFileLines), fileLength, 0},
		{"long function", "a/x.go", "package a\nfunc f() {" + long + "\n}\n", functionLength, 1},
		{"long table", "a/x_test.go", "package a\nfunc f() {\n_ = []int{" + long + "\n}\n}\n", functionLength, 0},
		{"long test", "a/x_test.go", "package a\nfunc f() {" + long + "\n}\n", functionLength, 1},
		{"wide struct", "a/x.go", "package a\ntype T struct{ a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q int }\n", structFields, 1},
		{"wide interface", "a/x.go", "package a\ntype I interface{ A(); B(); C(); D(); E(); F() }\n", interfaceMethods, 1},
		{"file name", "a/util.go", "package a\n", pathName, 1},
		{"test file name", "a/helpers_test.go", "package a\n", pathName, 1},
		{"package name", "common/x.go", "package common\n", pathName, 1},
		{"type name", "a/x.go", "package a\ntype ConnManager struct{}\n", typeName, 1},
		{"init", "a/x.go", "package a\nfunc init() {}\n", noInit, 1},
		{"method named init", "a/x.go", "package a\ntype T int\nfunc (T) init() {}\n", noInit, 0},
		{"sleep", "a/x_test.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", noSleep, 1},
		{"go statement", "a.go", "package a\nfunc f() { go f() }\n", goFile, 1},
		{"group", "internal/b/a.go", "package b\nfunc f() { g.Go(f) }\n", goFile, 1},
		{"go statement outside of the engine", "c/a.go", "package c\nfunc f() { go f() }\n", goFile, 0},
		{
			"sleep with a fake clock", "a/x_test.go",
			"package a\nimport (\"time\"; \"testing/synctest\")\nfunc f() { synctest.Wait(); time.Sleep(1) }\n", noSleep, 0,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.check(parseText(t, c.file, c.text))
			if len(got) != c.want {
				t.Errorf("got %d findings, want %d: %v", len(got), c.want, got)
			}
		})
	}
}
