package settings

import (
	"os"
	"strings"
	"testing"
)

// FuzzFile reads any file: it never panics, every problem names the file, and
// what is taken over can be taken over again.
func FuzzFile(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	for _, seed := range []string{
		"", "null", "a: [", "log: {level: info, x: 1}", "rules: [{match: a.*}, {}]", "? [a]\n: b", "<<: *x", "a: &x 1\nb: *x",
		"max_channels: !!int 5", "jwt_secret: |\n  " + secretA, "---\n---\n", "\"a\": >-\n  b\n", "ping_interval: 0x10",
	} {
		f.Add(seed)
	}
	reg := newRegistry()
	f.Fuzz(func(t *testing.T, text string) {
		parsed := parseFile("f.yaml", []byte(text), reg)
		for _, p := range parsed.problems {
			if !strings.Contains(p.String(), "f.yaml") {
				t.Errorf("problem without its place: %v", p)
			}
		}
		s := Default()
		for _, a := range parsed.assignments {
			key := reg.keys[a.path]
			if key.set(&s, a.values) != nil {
				continue
			}
			if err := key.set(&s, key.split(key.text(&s))); err != nil {
				t.Errorf("%s: %q is taken, but not %q: %v", a.path, a.values, key.text(&s), err)
			}
		}
	})
}
