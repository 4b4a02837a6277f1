package protocol

// copier copies the members of a JSON object, in order and as written.
type copier struct {
	w writer
	// drop says which members are left out; nil: none.
	drop                  func(name []byte) bool
	hasType, hasTimestamp bool
}

func (c *copier) visit(m member) {
	name := m.plainName()
	if c.drop != nil && c.drop(name) {
		return
	}
	switch string(name) {
	case "type":
		c.hasType = true
	case "timestamp":
		c.hasTimestamp = true
	}
	c.w.member(m)
}
