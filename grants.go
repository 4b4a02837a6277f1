package outcry

import (
	"slices"
	"unique"
)

// grants are the roles, groups and channels of an identity. The same few repeat
// a hundred thousand times, so that sessions share them.
type grants struct{ roles, groups, channels nameList }

func newGrants(id Identity) unique.Handle[grants] {
	return unique.Make(grants{listNames(id.Roles), listNames(id.Groups), listNames(id.Channels)})
}

// groups are those the identity names.
func (s *session) groups() []string { return s.grants.Value().groups.list() }

// channels are those the client is subscribed to from the start.
func (s *session) channels() []string { return s.grants.Value().channels.list() }

// nameList is a list of names in a form that can be compared. The zero value is
// empty.
type nameList struct{ first unique.Handle[name] }

type name struct {
	text string
	rest nameList
}

func listNames(texts []string) (n nameList) {
	for _, t := range slices.Backward(texts) {
		n = nameList{unique.Make(name{t, n})}
	}
	return n
}

// list returns the names as a slice of the caller's own; nil if there are none.
func (n nameList) list() (texts []string) {
	for n != (nameList{}) {
		v := n.first.Value()
		texts, n = append(texts, v.text), v.rest
	}
	return texts
}
