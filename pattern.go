package outcry

import (
	"strings"

	"github.com/outcry-dev/outcry/protocol"
)

func isPattern(name string) bool { return protocol.IsPattern(name) }

// patternTree finds the patterns that match a channel name: a trie by
// dot-separated segments. The cost of a look-up grows with the matches, not
// with the patterns. Not safe for concurrent use.
type patternTree struct {
	root patternNode
	size int
}

// patternNode is what may follow one segment.
type patternNode struct {
	next map[string]*patternNode // by literal segment, "*" included
	leaf *topic                  // the pattern that ends here
	rest *topic                  // the pattern that ends here with ">"
}

// add enters t under its name.
func (pt *patternTree) add(t *topic) {
	n := &pt.root
	pt.size++
	for seg := range strings.SplitSeq(t.name, ".") {
		if seg == ">" {
			n.rest = t
			return
		}
		child := n.next[seg]
		if child == nil {
			if n.next == nil {
				n.next = make(map[string]*patternNode, 1)
			}
			child = &patternNode{}
			n.next[seg] = child
		}
		n = child
	}
	n.leaf = t
}

// remove takes t out, and the branches that are empty without it.
func (pt *patternTree) remove(t *topic) {
	if pt.root.remove(strings.Split(t.name, "."), t) {
		pt.size--
	}
}

func (n *patternNode) remove(segs []string, t *topic) bool {
	switch {
	case len(segs) == 0:
		if n.leaf != t {
			return false
		}
		n.leaf = nil
		return true
	case segs[0] == ">":
		if n.rest != t {
			return false
		}
		n.rest = nil
		return true
	}
	child := n.next[segs[0]]
	if child == nil || !child.remove(segs[1:], t) {
		return false
	}
	if child.leaf == nil && child.rest == nil && len(child.next) == 0 {
		delete(n.next, segs[0])
	}
	return true
}

// match appends the topics whose pattern matches channel.
func (pt *patternTree) match(channel string, found []*topic) []*topic {
	return pt.root.match(channel, found)
}

func (n *patternNode) match(name string, found []*topic) []*topic {
	if n.rest != nil {
		found = append(found, n.rest)
	}
	if len(n.next) == 0 {
		return found
	}
	seg, tail, more := strings.Cut(name, ".")
	for _, key := range [2]string{seg, "*"} {
		child := n.next[key]
		if child == nil {
			continue
		}
		if more {
			found = child.match(tail, found)
		} else if child.leaf != nil {
			found = append(found, child.leaf)
		}
	}
	return found
}

// patternMatches reports whether one pattern or name matches channel.
func patternMatches(pattern, channel string) bool {
	for {
		p, prest, pmore := strings.Cut(pattern, ".")
		if p == ">" {
			return true
		}
		c, crest, cmore := strings.Cut(channel, ".")
		if p != "*" && p != c || pmore != cmore {
			return false
		}
		if !pmore {
			return true
		}
		pattern, channel = prest, crest
	}
}

// ruleSet is the node's rules. Read-only after New.
type ruleSet struct{ rules []Rule }

// defaultRule is what a channel without a rule is.
var defaultRule = &Rule{}

// find returns the rule of a channel or pattern: the first that matches.
func (rs *ruleSet) find(channel string) *Rule {
	if !internal(channel) {
		for i := range rs.rules {
			if patternMatches(rs.rules[i].Match, channel) {
				return &rs.rules[i]
			}
		}
	}
	return defaultRule
}
