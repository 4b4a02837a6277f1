package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds every file that is read here.
const maxFile = 1 << 20

// file is a parsed YAML file: what it sets, in its order, and what is wrong.
type file struct {
	name        string
	assignments []assignment
	rules       []Rule
	rulesOrigin Origin
	problems    Errors
}

// assignment is one value given by one source.
type assignment struct {
	path   string
	values []string
	origin Origin
}

// readLimited reads a file of at most maxFile bytes.
func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, err
}

// parseFile reads a YAML document against the registry. It collects all that
// is wrong; only a syntax error ends it early.
func parseFile(name string, data []byte, reg *registry) *file {
	f := &file{name: name}
	doc, err := parser.ParseBytes(data, 0)
	if err != nil {
		f.syntaxError(err)
		return f
	}
	if len(doc.Docs) > 1 {
		f.problem("", "", doc.Docs[1].Body, "one document is allowed, and this is the second")
	}
	if len(doc.Docs) > 0 && !isNull(doc.Docs[0].Body) {
		f.section("", doc.Docs[0].Body, reg)
	}
	return f
}

func (f *file) syntaxError(err error) {
	origin := Origin{Source: FromFile, Name: f.name}
	reason := "not YAML"
	if e := yaml.Error(nil); errors.As(err, &e) {
		reason = e.GetMessage()
		if tk := e.GetToken(); tk != nil && tk.Position != nil {
			origin.Line, origin.Column = tk.Position.Line, tk.Position.Column
		}
	}
	f.problems = append(f.problems, Problem{Origin: origin, Reason: reason})
}

// problem records what is wrong at node, which may be nil.
func (f *file) problem(key, value string, node ast.Node, reason string) {
	f.problems = append(f.problems, Problem{Key: key, Value: value, Origin: f.origin(node), Reason: reason})
}

func (f *file) origin(node ast.Node) Origin {
	o := Origin{Source: FromFile, Name: f.name}
	if node == nil {
		return o
	}
	if tk := node.GetToken(); tk != nil && tk.Position != nil {
		o.Line, o.Column = tk.Position.Line, tk.Position.Column
	}
	return o
}

// section reads a mapping; prefix is its path with a dot, or empty at the top.
func (f *file) section(prefix string, node ast.Node, reg *registry) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		f.problem(strings.TrimSuffix(prefix, "."), "", node, `allowed: a mapping, that is lines of the form "key: value"`)
		return
	}
	for it := mapping.MapRange(); it.Next(); {
		path := prefix + it.Key().GetToken().Value
		key, isKey := reg.keys[path]
		switch {
		case isKey:
			f.setting(key, it.Key(), it.Value())
		case path == rulesKey:
			f.ruleList(it.Key(), it.Value())
		case reg.sections[path]:
			if !isNull(it.Value()) {
				f.section(path+".", it.Value(), reg)
			}
		default:
			f.problem(path, "", it.Key(), "unknown key"+didYouMean(path, reg.names()))
		}
	}
}

// setting reads the value of a key.
func (f *file) setting(key *Key, at, value ast.Node) {
	var values []string
	switch items, isList := value.(ast.ArrayNode); {
	case key.Kind == List && isNull(value): // its items are commented out
	case key.Kind == List && isList:
		for it := items.ArrayRange(); it.Next(); {
			text, ok := scalarText(it.Value())
			if !ok {
				f.problem(key.Path, "", it.Value(), "an item is not a plain value; "+notAllowed(key.Allowed).Error())
				return
			}
			values = append(values, text)
		}
	default:
		text, ok := scalarText(value)
		if !ok {
			f.problem(key.Path, "", at, "not a plain value; "+notAllowed(key.Allowed).Error())
			return
		}
		values = key.split(text)
	}
	f.assignments = append(f.assignments, assignment{key.Path, values, f.origin(at)})
}

// rulesKey is the one key that only the file has.
const rulesKey = "rules"

func (f *file) ruleList(at, value ast.Node) {
	f.rulesOrigin = f.origin(at)
	if isNull(value) {
		return
	}
	items, ok := value.(ast.ArrayNode)
	if !ok {
		f.problem(rulesKey, "", at, "allowed: a list of rules")
		return
	}
	for i, it := 0, items.ArrayRange(); it.Next(); i++ {
		if r, ok := f.rule(fmt.Sprintf("%s[%d]", rulesKey, i), it.Value()); ok {
			f.rules = append(f.rules, r)
		}
	}
}

// rule reads one rule and reports whether it can be used; name is where it
// stands.
func (f *file) rule(name string, node ast.Node) (Rule, bool) {
	r, before := defaultRule(), len(f.problems)
	mapping, ok := node.(ast.MapNode)
	if !ok {
		f.problem(name, "", node, "allowed: a mapping with the key match")
		return r, false
	}
	keys := RuleKeys()
	given := map[string]bool{}
	for it := mapping.MapRange(); it.Next(); {
		field := it.Key().GetToken().Value
		given[field] = true
		f.ruleField(&r, keys, name+"."+field, field, it)
	}
	for _, k := range keys {
		if k.Default == "" && !given[k.Name] {
			f.problem(name+"."+k.Name, "", node, "missing; "+notAllowed(k.Allowed).Error())
		}
	}
	return r, len(f.problems) == before
}

// ruleField reads one key of a rule; path is where it stands.
func (f *file) ruleField(r *Rule, keys []RuleKey, path, field string, it *ast.MapNodeIter) {
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
		if k.Name != field {
			continue
		}
		text, ok := scalarText(it.Value())
		if !ok {
			f.problem(path, "", it.Key(), "not a plain value; "+notAllowed(k.Allowed).Error())
		} else if err := k.set(r, text); err != nil {
			f.problem(path, quote(text), it.Key(), err.Error())
		}
		return
	}
	f.problem(path, "", it.Key(), "unknown key"+didYouMean(field, names))
}

func isNull(node ast.Node) bool {
	if node == nil {
		return true
	}
	_, ok := node.(*ast.NullNode)
	return ok
}

// scalarText is the text of a plain value as it stands in the file. Anchors,
// aliases and tags are not plain.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}
