package httpapi

import (
	"bytes"
	stdjson "encoding/json"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the OpenAPI document as tests use it. Its schemas are made
// strict: an object has no properties but those it lists.
type document struct {
	root     map[string]any
	compiler *jsonschema.Compiler
}

func readDocument(t *testing.T) *document {
	t.Helper()
	root := must(jsonschema.UnmarshalJSON(bytes.NewReader(must(openAPI())))).(map[string]any)
	forbidOthers(root)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///openapi.json", root); err != nil {
		t.Fatal(err)
	}
	return &document{root, c}
}

// forbidOthers closes every object schema that lists its properties.
func forbidOthers(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, listed := v["properties"]
		if _, given := v["additionalProperties"]; v["type"] == "object" && listed && !given {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			forbidOthers(child)
		}
	case []any:
		for _, child := range v {
			forbidOthers(child)
		}
	}
}

// at returns the value at a JSON pointer, and the pointer to it with every
// $ref on the way followed.
func (d *document) at(p jsontext.Pointer) (any, jsontext.Pointer) {
	var v any = d.root
	var here jsontext.Pointer
	for token := range p.Tokens() {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, ""
		}
		v, here = m[token], here.AppendToken(token)
		for {
			m, _ := v.(map[string]any)
			ref, ok := m["$ref"].(string)
			if !ok {
				break
			}
			v, here = d.at(jsontext.Pointer(strings.TrimPrefix(ref, "#")))
		}
	}
	return v, here
}

// validate holds a JSON text against the schema at p.
func (d *document) validate(t *testing.T, p jsontext.Pointer, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Errorf("not JSON: %q", text)
		return
	}
	schema, err := d.compiler.Compile("mem:///openapi.json#" + (&url.URL{Path: string(p)}).EscapedPath())
	if err != nil {
		t.Fatalf("schema %s: %v", p, err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s\nis not what %s says: %v", text, p, err)
	}
}

// check holds a response against the operation of its request. What belongs to
// no operation has to be an error.
func (d *document) check(t *testing.T, a *API, req *http.Request, got answer) {
	t.Helper()
	if got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s: safety headers are missing: %v", req.Method, req.URL, got.Header)
	}
	if req.Method == http.MethodHead || got.StatusCode == http.StatusNoContent {
		if got.body != "" {
			t.Errorf("%s %s: has a body: %q", req.Method, req.URL, got.body)
		}
		return
	}
	if ct := got.Header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("%s %s: Content-Type %q", req.Method, req.URL, ct)
	}
	folded := foldChannel(req)
	_, pattern := a.mux.Handler(folded)
	if p := folded.URL.EscapedPath(); path.Clean(p) != p {
		pattern = ""
	}
	operation := jsontext.Pointer("/paths").AppendToken(pattern).AppendToken(strings.ToLower(req.Method))
	if op, _ := d.at(operation); op == nil {
		d.validate(t, "/components/schemas/Error", got.body)
		return
	}
	response := operation + jsontext.Pointer("/responses/"+strconv.Itoa(got.StatusCode))
	if r, _ := d.at(response); r == nil {
		t.Errorf("%s %s: status %d is not documented: %s", req.Method, req.URL, got.StatusCode, got.body)
		return
	}
	_, schema := d.at(response + "/content/application~1json/schema")
	d.validate(t, schema, got.body)
}

// operation is one row of the document in the terms of the route table.
type operation struct {
	method, path string
	query        []string
	body         bool
}

func (d *document) operations() []operation {
	var all []operation
	paths := d.root["paths"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		item := paths[name].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			if method == "parameters" {
				continue
			}
			op := item[method].(map[string]any)
			all = append(all, operation{
				method: strings.ToUpper(method), path: name,
				query: d.queryOf(op), body: op["requestBody"] != nil,
			})
		}
	}
	return all
}

func (d *document) queryOf(op map[string]any) []string {
	var names []string
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		m := p.(map[string]any)
		if ref, ok := m["$ref"].(string); ok {
			v, _ := d.at(jsontext.Pointer(strings.TrimPrefix(ref, "#")))
			m = v.(map[string]any)
		}
		if m["in"] == "query" {
			names = append(names, m["name"].(string))
		}
	}
	return names
}

func TestDocumentMatchesRoutes(t *testing.T) {
	var routes []operation
	for _, rt := range (&API{cfg: withDefaults(Config{})}).routes() {
		routes = append(routes, operation{rt.method, rt.path, rt.query, rt.body > 0})
	}
	slices.SortFunc(routes, func(a, b operation) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
	documented := readDocument(t).operations()
	slices.SortFunc(documented, func(a, b operation) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
	if diff := cmp.Diff(routes, documented, cmp.AllowUnexported(operation{})); diff != "" {
		t.Errorf("routes (-) and openapi.yaml (+) differ:\n%s", diff)
	}
}

// TestDocumentExamples holds every example against the schema beside it.
func TestDocumentExamples(t *testing.T) {
	d := readDocument(t)
	count := 0
	d.eachContent("", d.root, func(p jsontext.Pointer, media map[string]any) {
		examples, _ := media["examples"].(map[string]any)
		for name, e := range examples {
			count++
			t.Run(string(p)+" "+name, func(t *testing.T) {
				d.validate(t, p+"/schema", exampleText(e))
			})
		}
	})
	if count < 20 {
		t.Errorf("found only %d examples", count)
	}
}

// exampleText is the value of an example as JSON.
func exampleText(example any) string {
	number := json.MarshalToFunc(func(enc *jsontext.Encoder, n stdjson.Number) error {
		return enc.WriteValue(jsontext.Value(n))
	})
	return string(must(json.Marshal(example.(map[string]any)["value"], json.WithMarshalers(number))))
}

// eachContent calls f for every media type object below v.
func (d *document) eachContent(p jsontext.Pointer, v any, f func(jsontext.Pointer, map[string]any)) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	for name, child := range m {
		here := p.AppendToken(name)
		if media, ok := child.(map[string]any); ok && name == "application/json" {
			f(here, media)
			continue
		}
		d.eachContent(here, child, f)
	}
}

// TestDocumentRequests sends every documented example of a request.
func TestDocumentRequests(t *testing.T) {
	s := start(t, nil)
	s.connect("bot-1", "alice")
	d := readDocument(t)
	for _, op := range d.operations() {
		if !op.body {
			continue
		}
		media, _ := d.at(jsontext.Pointer("/paths").AppendToken(op.path).AppendToken(strings.ToLower(op.method)) +
			"/requestBody/content/application~1json/examples")
		for name, e := range media.(map[string]any) {
			t.Run(op.path+" "+name, func(t *testing.T) {
				body := exampleText(e)
				if a := s.call(op.method, op.path, body); a.StatusCode != http.StatusOK {
					t.Errorf("%s\ngot %d %s", body, a.StatusCode, a.body)
				}
			})
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	s := start(t, nil)
	a := s.want(http.StatusOK, "", "GET", "/api/v1/openapi.json", "")
	var doc struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.OpenAPI != "3.1.0" || len(doc.Paths) == 0 {
		t.Errorf("got openapi %q with %d paths, %v", doc.OpenAPI, len(doc.Paths), err)
	}
}
