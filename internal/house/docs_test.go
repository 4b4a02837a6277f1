package house

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// A page is one Markdown file of the tree.
type page struct {
	path    string // slash-separated, from the module's root
	text    string // without fenced code
	code    []fence
	anchors []string
}

// A fence is one block of fenced code.
type fence struct{ language, text string }

// Every relative link of the documentation leads to a file of the tree and,
// where it names a heading, to that heading.
func TestLinks(t *testing.T) {
	tree := os.DirFS(root(t))
	pages := readPages(t, tree)
	for _, p := range pages {
		for _, link := range p.links() {
			if text := broken(tree, pages, p, link); text != "" {
				t.Errorf("%s: link to %s: %s", p.path, link, text)
			}
		}
	}
}

func TestBrokenLinks(t *testing.T) {
	tree := os.DirFS(root(t))
	p := &page{path: "docs/here.md", anchors: []string{"a-heading"}}
	pages := map[string]*page{p.path: p}
	for link, want := range map[string]string{
		"../go.mod":           "",
		"..":                  "",
		"#a-heading":          "",
		"here.md#a-heading":   "",
		"#another":            "no such heading",
		"here.md#another":     "no such heading",
		"nowhere.md":          "no such file",
		"../../outside.md":    "outside of the repository",
		"/docs/here.md":       "outside of the repository",
		"../go.mod#a-heading": "no such heading",
	} {
		if got := broken(tree, pages, p, link); got != want {
			t.Errorf("%s: got %q, want %q", link, got, want)
		}
	}
}

func TestReadPage(t *testing.T) {
	p := readPage("x.md", "# One & two\n\n[a](b.md#c) `[no](link)`\n\n```go\nx := 1 // [no](link)\n```\n\n## `Code`, 한국어\n\n# One & two\n")
	if got, want := p.anchors, []string{"one--two", "code-한국어", "one--two-1"}; !slices.Equal(got, want) {
		t.Errorf("anchors: got %q, want %q", got, want)
	}
	if got, want := p.links(), []string{"b.md#c"}; !slices.Equal(got, want) {
		t.Errorf("links: got %q, want %q", got, want)
	}
	if got, want := p.code, []fence{{"go", "x := 1 // [no](link)\n"}}; !slices.Equal(got, want) {
		t.Errorf("code: got %q, want %q", got, want)
	}
}

// What the documentation shows of Go is code of a test, so that it compiles
// and does what it says.
func TestDocumentedGo(t *testing.T) {
	tree := os.DirFS(root(t))
	var tested []string
	for _, s := range parseTree(t) {
		if s.test() {
			tested = append(tested, unindented(readText(t, tree, s.path)))
		}
	}
	found := 0
	for _, p := range readPages(t, tree) {
		for _, f := range p.code {
			if f.language != "go" {
				continue
			}
			found++
			want := unindented(f.text)
			if !slices.ContainsFunc(tested, func(code string) bool { return strings.Contains(code, want) }) {
				t.Errorf("%s: no test has this code:\n%s", p.path, f.text)
			}
		}
	}
	if found == 0 {
		t.Error("the documentation shows no Go")
	}
}

// unindented cuts off what depends on where code stands.
func unindented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		b.WriteString(strings.TrimSpace(line))
		b.WriteByte('\n')
	}
	return b.String()
}

// readPages reads every Markdown file of the repository.
func readPages(t *testing.T, tree fs.FS) map[string]*page {
	t.Helper()
	pages := map[string]*page{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipFolder(name):
			return fs.SkipDir
		case !d.IsDir() && path.Ext(name) == ".md":
			pages[name] = readPage(name, readText(t, tree, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func readText(t *testing.T, tree fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readPage(name, content string) *page {
	p := &page{path: name}
	var text strings.Builder
	open := false
	for line := range strings.Lines(content) {
		language, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open:
			open = false
		case isFence:
			open = true
			p.code = append(p.code, fence{language: language})
		case open:
			p.code[len(p.code)-1].text += line
		default:
			text.WriteString(line)
			p.addHeading(line)
		}
	}
	p.text = text.String()
	return p
}

// addHeading notes the anchor of a heading as code hosts make it: lower case,
// dashes for spaces, punctuation left out, and a number where it stands twice.
func (p *page) addHeading(line string) {
	title := strings.TrimLeft(line, "#")
	if title == line || !strings.HasPrefix(title, " ") {
		return
	}
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(title))
	unique := anchor
	for n := 1; slices.Contains(p.anchors, unique); n++ {
		unique = anchor + "-" + strconv.Itoa(n)
	}
	p.anchors = append(p.anchors, unique)
}

// links returns the targets of p that are no addresses of other hosts.
func (p *page) links() []string {
	inline := regexp.MustCompile("`[^`]*`").ReplaceAllString(p.text, "``")
	var links []string
	for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(inline, -1) {
		if !regexp.MustCompile(`^[a-z]+:`).MatchString(m[1]) {
			links = append(links, m[1])
		}
	}
	return links
}

// broken says what is wrong with a link of p.
func broken(tree fs.FS, pages map[string]*page, p *page, link string) string {
	file, anchor, hasAnchor := strings.Cut(link, "#")
	target := p.path
	if file != "" {
		target = path.Join(path.Dir(p.path), file)
	}
	if path.IsAbs(file) || !fs.ValidPath(target) {
		return "outside of the repository"
	}
	if pages[target] == nil {
		if _, err := fs.Stat(tree, target); err != nil {
			return "no such file"
		}
	}
	if hasAnchor && (pages[target] == nil || !slices.Contains(pages[target].anchors, anchor)) {
		return "no such heading"
	}
	return ""
}
