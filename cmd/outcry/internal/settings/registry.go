package settings

import "strings"

// registry is the keys, indexed.
type registry struct {
	list     []Key
	keys     map[string]*Key // by path
	sections map[string]bool
	envs     map[string]*Key // by variable
}

func newRegistry() *registry {
	reg := &registry{
		list:     Keys(),
		keys:     map[string]*Key{},
		sections: map[string]bool{},
		envs:     map[string]*Key{},
	}
	for i := range reg.list {
		k := &reg.list[i]
		reg.keys[k.Path] = k
		reg.envs[k.Env()] = k
		if section, _, ok := strings.Cut(k.Path, "."); ok {
			reg.sections[section] = true
		}
	}
	return reg
}

// names lists all that may stand in the file.
func (reg *registry) names() []string {
	names := []string{rulesKey}
	for i := range reg.list {
		names = append(names, reg.list[i].Path)
	}
	return names
}

// variables lists the names of all environment variables.
func (reg *registry) variables() []string {
	names := make([]string, 0, len(reg.list))
	for i := range reg.list {
		names = append(names, reg.list[i].Env())
	}
	return names
}
