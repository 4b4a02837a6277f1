package settings

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Flags collects the settings given on a command line.
type Flags struct {
	values []*flagValue
}

// NewFlags adds a flag for each key to set, or for those at paths only.
func NewFlags(set *pflag.FlagSet, paths ...string) *Flags {
	flags, defaults, keys := &Flags{}, Default(), Keys()
	for i := range keys {
		k := &keys[i]
		if len(paths) > 0 && !slices.Contains(paths, k.Path) {
			continue
		}
		v := &flagValue{key: k}
		flags.values = append(flags.values, v)
		f := set.VarPF(v, k.Flag(), "", lowerFirst(strings.TrimSuffix(k.Doc, ".")))
		f.DefValue = k.text(&defaults)
		if k.Kind == Bool {
			f.NoOptDefVal = "true"
		}
	}
	return flags
}

func (fs *Flags) assignments() []assignment {
	var given []assignment
	for _, v := range fs.values {
		if v.given {
			given = append(given, assignment{v.key.Path, v.values, Origin{Source: FromFlag, Name: v.key.Flag()}})
		}
	}
	return given
}

// flagValue keeps the text of a flag; what it means is checked by Load, with
// all other sources.
type flagValue struct {
	key    *Key
	given  bool
	values []string
}

// Set implements pflag.Value. A list's flag may be repeated.
func (v *flagValue) Set(text string) error {
	values := v.key.split(text)
	if v.key.Kind == List {
		values = append(v.values, values...)
	}
	v.given, v.values = true, values
	return nil
}

// String implements pflag.Value.
func (v *flagValue) String() string { return strings.Join(v.values, ",") }

// Type implements pflag.Value; it is the value's name in the help text.
func (v *flagValue) Type() string {
	switch v.key.Kind {
	case Bool:
		return "bool"
	case Duration, Integer, Text, List:
	}
	return string(v.key.Kind)
}

// lowerFirst begins a sentence as help texts do, unless it begins with a name.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
