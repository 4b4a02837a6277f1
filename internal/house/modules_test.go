package house

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// embedded are the modules that an embedder of the root package takes in, with
// what each is for. The list is exact: growth is a decision.
var embedded = map[string]string{
	"github.com/gobwas/ws":               "the WebSocket codec",
	"github.com/gobwas/httphead":         "header parsing of gobwas/ws",
	"github.com/go-json-experiment/json": "JSON that refuses duplicates and bad UTF-8",
	"golang.org/x/text":                  "NFC of channel names",
	"golang.org/x/sync":                  "errgroup",
	"golang.org/x/sys":                   "socket options",
	"github.com/klauspost/compress":      "the algorithm of permessage-deflate",
}

func TestRootModules(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	list.Dir = root(t)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	got = slices.DeleteFunc(slices.Compact(got), func(m string) bool { return m == "github.com/outcry-dev/outcry" })
	for _, m := range got {
		if embedded[m] == "" {
			t.Errorf("the root package now needs module %s", m)
		}
	}
	for m := range embedded {
		if !slices.Contains(got, m) {
			t.Errorf("module %s is listed but not needed any more", m)
		}
	}
}
