package house

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// constantMakers build values that nothing can change afterwards.
var constantMakers = map[string]bool{
	"errors.New": true, "fmt.Errorf": true, "Errorf": true, "protocol.Errorf": true,
	"regexp.MustCompile": true, "strings.NewReplacer": true,
	"netip.MustParseAddr": true, "netip.MustParsePrefix": true,
}

// stateful packages' types exist to be changed.
var stateful = map[string]bool{"sync": true, "atomic": true, "bytes": true}

// packageState reports the package-level variables of one package that hold
// state. Allowed are sentinel errors, compiled patterns, embedded files, names
// of the blank identifier, and tables: literals that no statement writes to.
func packageState(pkg []*source) []finding {
	written := writes(pkg)
	var found []finding
	for _, s := range pkg {
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				if v := spec.(*ast.ValueSpec); !isEmbedded(g.Doc) && !isEmbedded(v.Doc) {
					found = append(found, specState(s, v, written)...)
				}
			}
		}
	}
	return found
}

func specState(s *source, spec *ast.ValueSpec, written map[string]bool) []finding {
	var found []finding
	for i, id := range spec.Names {
		switch {
		case id.Name == "_":
			continue
		case i < len(spec.Values) && isConstant(spec.Values[i]) && !written[id.Name]:
			continue
		}
		found = append(found, breach(s, id.Name, "var %s is state of the package: give it an owner", id.Name))
	}
	return found
}

// isEmbedded says whether the compiler fills a variable with a file.
func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// isConstant says whether an initial value can be taken for a constant as long
// as nothing writes to its variable.
func isConstant(expr ast.Expr) bool {
	switch e := expr.(type) {
	case *ast.CompositeLit:
		if sel, ok := e.Type.(*ast.SelectorExpr); ok {
			x, ok := sel.X.(*ast.Ident)
			return ok && !stateful[x.Name]
		}
		return true
	case *ast.UnaryExpr:
		return e.Op == token.AND && isConstant(e.X)
	case *ast.CallExpr:
		if _, conversion := e.Fun.(*ast.ArrayType); conversion {
			return true // []byte("...")
		}
		return constantMakers[callee(e)]
	}
	return false
}

// writes lists the names that some statement of the package assigns to, in
// whole or in part, or takes the address of.
func writes(pkg []*source) map[string]bool {
	names := map[string]bool{}
	for _, s := range pkg {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			for _, target := range targets(n) {
				names[rootName(target)] = true
			}
			return true
		})
	}
	return names
}

// targets returns what a statement or expression writes to.
func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if f := callee(n); f == "delete" || f == "clear" {
			return n.Args[:min(1, len(n.Args))]
		}
	}
	return nil
}

// rootName returns x of x, x[i], x.f and (*x).f.
func rootName(expr ast.Expr) string {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.IndexExpr:
			expr = e.X
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		default:
			return ""
		}
	}
}

func TestPackageState(t *testing.T) {
	cases := []struct {
		name, text string
		want       int
	}{
		{"counter", "var n int", 1},
		{"map made", "var m = make(map[string]int)", 1},
		{"table", "var m = map[string]int{\"a\": 1}", 0},
		{"table written", "var m = map[string]int{}\nfunc f() { m[\"a\"] = 1 }", 1},
		{"table deleted from", "var m = map[string]int{}\nfunc f() { delete(m, \"a\") }", 1},
		{"mutex", "var mu = sync.Mutex{}", 1},
		{"pool", "var p = &sync.Pool{}", 1},
		{"error", "var ErrX = errors.New(\"x\")", 0},
		{"error type", "var errX = &Error{Code: 1}", 0},
		{"error replaced", "var ErrX = errors.New(\"x\")\nfunc f() { ErrX = nil }", 1},
		{"pattern", "var re = regexp.MustCompile(\"x\")", 0},
		{"embedded files", "//go:embed a\nvar files embed.FS", 0},
		{"files not embedded", "var files embed.FS", 1},
		{"compile-time check", "var _ I = (*T)(nil)", 0},
		{"bytes", "var crlf = []byte(\"\\r\\n\")", 0},
		{"random source", "var r = rand.New(src)", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := packageState([]*source{parseText(t, "a/x.go", "package a\n"+c.text+"\n")})
			if len(got) != c.want {
				t.Errorf("got %d findings, want %d: %v", len(got), c.want, got)
			}
		})
	}
}

func parseText(t *testing.T, name, text string) *source {
	t.Helper()
	s, err := parseSource(fstest.MapFS{name: {Data: []byte(text)}}, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
