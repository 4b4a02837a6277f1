package outcry

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry-dev/outcry/protocol"
)

func TestPatternMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, channel string
		want             bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a", "a.b", false},
		{"a.b", "a", false},
		{"a.b", "a.b", true},
		{"*", "a", true},
		{"*", "a.b", false},
		{"a.*", "a", false},
		{"a.*", "a.b", true},
		{"a.*", "a.b.c", false},
		{"*.b", "a.b", true},
		{"*.b", "b", false},
		{"a.*.c", "a.b.c", true},
		{"a.*.c", "a.b.d", false},
		{"a.*.*", "a.b", false},
		{">", "a", true},
		{">", "a.b.c", true},
		{"a.>", "a", false}, // ">" stands for at least one segment
		{"a.>", "a.b", true},
		{"a.>", "a.b.c.d", true},
		{"a.>", "b.a", false},
		{"*.>", "a", false},
		{"*.>", "a.b", true},
		{"a.*", "a.", true}, // an empty segment is a segment
		{"a.>", "a.", true},
		{"a..b", "a..b", true},
		{"a.*.b", "a..b", true},
		{"A", "a", false},
		{"호가.*", "호가.삼성", true},
		{"호가.*", "호.삼성", false},
	} {
		t.Run(tt.pattern+" "+tt.channel, func(t *testing.T) {
			if got := patternMatches(tt.pattern, tt.channel); got != tt.want {
				t.Errorf("patternMatches: %v, want %v", got, tt.want)
			}
			if got := matchesInTree(tt.pattern, tt.channel); got != tt.want {
				t.Errorf("patternTree: %v, want %v", got, tt.want)
			}
			if got := matchesNaively(tt.pattern, tt.channel); got != tt.want {
				t.Errorf("the test's own model: %v, want %v", got, tt.want)
			}
		})
	}
}

// matchesInTree asks a tree that holds one pattern.
func matchesInTree(pattern, channel string) bool {
	var pt patternTree
	pt.add(&topic{name: pattern})
	return len(pt.match(channel, nil)) == 1
}

// matchesNaively is the definition, segment by segment.
func matchesNaively(pattern, channel string) bool {
	p, c := strings.Split(pattern, "."), strings.Split(channel, ".")
	for i, seg := range p {
		if seg == ">" {
			return i < len(c)
		}
		if i >= len(c) || seg != "*" && seg != c[i] {
			return false
		}
	}
	return len(p) == len(c)
}

// patterns draws patterns that often match what channels draws.
func patterns() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		segs := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "", "*", "*"}), 1, 4).Draw(t, "segments")
		if rapid.Bool().Draw(t, "rest") {
			segs[len(segs)-1] = ">"
		}
		return strings.Join(segs, ".")
	})
}

func channels() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ""}), 1, 4).Draw(t, "segments"), ".")
	})
}

// The tree against a list of patterns, while patterns come and go; at the end
// nothing is left of it.
func TestPatternTreeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pt patternTree
		model := make(map[string]*topic)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				name := patterns().Draw(t, "pattern")
				if model[name] == nil {
					model[name] = &topic{name: name}
					pt.add(model[name])
				}
			},
			"remove": func(t *rapid.T) {
				name := patterns().Draw(t, "pattern")
				if model[name] == nil {
					pt.remove(&topic{name: name}) // one that is not there
					return
				}
				pt.remove(&topic{name: name}) // one of the same name
				pt.remove(model[name])
				delete(model, name)
			},
			"": func(t *rapid.T) { checkTree(t, &pt, model) },
		})
		for _, tp := range model {
			pt.remove(tp)
		}
		if pt.size != 0 || len(pt.root.next) != 0 || pt.root.leaf != nil || pt.root.rest != nil {
			t.Fatalf("left of an empty tree: %+v", pt)
		}
	})
}

func checkTree(t *rapid.T, pt *patternTree, model map[string]*topic) {
	if pt.size != len(model) {
		t.Fatalf("size %d, want %d", pt.size, len(model))
	}
	channel := channels().Draw(t, "channel")
	var want []string
	for name := range model {
		if matchesNaively(name, channel) {
			want = append(want, name)
		}
	}
	var got []string
	for _, tp := range pt.match(channel, nil) {
		if model[tp.name] != tp {
			t.Fatalf("match returned a topic %q that was removed", tp.name)
		}
		got = append(got, tp.name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%q matches %q, want %q", channel, got, want)
	}
}

// Every pattern that clients may use, and every channel.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{"a.*", "a.b"}, {">", "a"}, {"a.>", "a.b.c"}, {"*.*", "a."}, {"..*", ".."}, {"호가.*", "호가.삼성"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, channel string) {
		if protocol.CheckPattern(pattern) != nil || protocol.CheckChannel(channel) != nil {
			t.Skip("not for clients")
		}
		want := matchesNaively(pattern, channel)
		if got := patternMatches(pattern, channel); got != want {
			t.Errorf("patternMatches(%q, %q) = %v, want %v", pattern, channel, got, want)
		}
		if got := matchesInTree(pattern, channel); got != want {
			t.Errorf("tree of %q matches %q: %v, want %v", pattern, channel, got, want)
		}
		var pt patternTree
		tp := &topic{name: pattern}
		pt.add(tp)
		pt.remove(tp)
		if pt.size != 0 || len(pt.root.next) != 0 || pt.root.leaf != nil || pt.root.rest != nil {
			t.Errorf("adding and removing %q left %+v", pattern, pt)
		}
	})
}

// The first rule that matches wins; internal channels have none.
func TestRuleSet(t *testing.T) {
	rs := ruleSet{[]Rule{{Match: "a.b", Presence: true}, {Match: "a.*", ClientPublish: true}, {Match: ">", Priority: PriorityLow}}}
	for channel, want := range map[string]*Rule{
		"a.b": &rs.rules[0], "a.c": &rs.rules[1], "a": &rs.rules[2], "a.b.c": &rs.rules[2],
		channelAll: defaultRule, prefixUser + "u": defaultRule,
	} {
		if got := rs.find(channel); got != want {
			t.Errorf("rule of %q: %+v, want %+v", channel, got, want)
		}
	}
	if got := (&ruleSet{}).find("a"); got != defaultRule {
		t.Errorf("rule where there are none: %+v", got)
	}
}
