package settings

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of docs/configuration.md")

const (
	referenceFile = "../../../../docs/configuration.md"
	exampleFile   = "../../../../outcry.example.yaml"
)

// TestReference compares the tables in the documentation with the registry.
func TestReference(t *testing.T) {
	page, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "<!-- begin: ")
	mark, rest, ok2 := strings.Cut(rest, "-->\n")
	_, after, ok3 := strings.Cut(rest, "<!-- end -->")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("%s has no marks around the tables", referenceFile)
	}
	var tables bytes.Buffer
	if err := WriteReference(&tables); err != nil {
		t.Fatal(err)
	}
	want := before + "<!-- begin: " + mark + "-->\n" + tables.String() + "<!-- end -->" + after
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("the documentation differs from the registry; run this test with -update (-want +got):\n%s", diff)
	}
}

// TestExample holds the example file against the registry: every key is there
// at its default, and nothing else.
func TestExample(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	reg := newRegistry()
	f := parseFile("outcry.example.yaml", data, reg)
	for _, p := range f.problems {
		t.Error(p)
	}
	got := Settings{} // not Default, so that a missing key shows
	seen := map[string]bool{}
	for _, a := range f.assignments {
		seen[a.path] = true
		if err := reg.keys[a.path].set(&got, a.values); err != nil {
			t.Errorf("%s: %v", a.path, err)
		}
	}
	defaults := Default()
	for i := range reg.list {
		k := &reg.list[i]
		if !seen[k.Path] {
			t.Errorf("%s is missing", k.Path)
		} else if got, want := k.text(&got), k.text(&defaults); got != want {
			t.Errorf("%s: got %s, default is %s", k.Path, got, want)
		}
	}
	if f.rulesOrigin.Line == 0 || len(f.rules) != 0 {
		t.Errorf("rules: got %+v from %v, want an empty list", f.rules, f.rulesOrigin)
	}
	if !bytes.Contains(data, []byte("logs/websocket_service.log")) {
		t.Error("the example of a log file is missing")
	}
}

// TestExampleRules reads the rules that the example file shows in a comment.
func TestExampleRules(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(data), "For example:\n#\n")
	if !ok {
		t.Fatal("no example of rules")
	}
	shown, _, _ = strings.Cut(shown, "\nrules: []")
	var doc strings.Builder
	for line := range strings.Lines(shown + "\n") {
		doc.WriteString(strings.TrimPrefix(line, "#   "))
	}
	f := parseFile("example", []byte(doc.String()), newRegistry())
	for _, p := range f.problems {
		t.Error(p)
	}
	want := []Rule{
		{Match: "chat.*", ClientPublish: true, Presence: true, Priority: "normal", Overflow: "gap"},
		{Match: "orders.>", Priority: "high", Overflow: "close"},
	}
	if diff := cmp.Diff(want, f.rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}
