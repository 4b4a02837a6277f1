package settings

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
)

// fileName is the configuration file that is read from the working directory
// where no other is named.
const fileName = "outcry.yaml"

// Sources say where settings are read from.
type Sources struct {
	// Dir is where outcry.yaml and .env are looked for; empty: the working
	// directory.
	Dir string
	// ConfigFile is a YAML file that must be there; empty: outcry.yaml in Dir,
	// if it is there. EnvFile likewise; empty: .env in Dir.
	ConfigFile, EnvFile string
	// Environ holds variables as "NAME=value".
	Environ []string
	// Flags were given on the command line; nil: none.
	Flags *Flags
}

// Effective is what Load found: the settings, and where each came from.
type Effective struct {
	Settings Settings
	// Warnings tell of what is odd but does not keep the server from starting.
	Warnings []string

	reg      *registry
	origins  map[string]Origin // by path; absent: the default
	problems Errors
	bad      map[string]bool // paths with a problem
}

// Load reads every source. It returns all it could make sense of; Err and
// Check tell what is wrong.
func Load(src Sources) *Effective {
	e := &Effective{
		Settings: Default(),
		reg:      newRegistry(),
		origins:  map[string]Origin{},
		bad:      map[string]bool{},
	}
	e.assign(e.file(src.Dir, src.ConfigFile))
	e.assign(e.dotenv(src.Dir, src.EnvFile))
	e.assign(e.environ(src.Environ))
	if src.Flags != nil {
		e.assign(src.Flags.assignments())
	}
	e.secretFiles()
	e.warnShortKeys()
	return e
}

// Origin says where the value of a key comes from.
func (e *Effective) Origin(path string) Origin { return e.origins[path] }

// Err returns Errors if a source could not be read or a value is not
// allowed. Whether the values fit together, and suffice for a server, is left
// to Check.
func (e *Effective) Err() error {
	if len(e.problems) == 0 {
		return nil
	}
	return e.problems
}

func (e *Effective) problem(p Problem) {
	e.problems = append(e.problems, p)
	e.bad[p.Key] = true
}

// file reads the YAML file; the rules go straight to the settings.
func (e *Effective) file(dir, name string) []assignment {
	path, shown := name, name
	if name == "" {
		path, shown = filepath.Join(dir, fileName), fileName
	}
	data, err := readLimited(path)
	if name == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		e.problem(Problem{Origin: Origin{Source: FromFile, Name: shown}, Reason: plain(err)})
		return nil
	}
	f := parseFile(shown, data, e.reg)
	for _, p := range f.problems {
		e.problem(p)
	}
	e.Settings.Rules = f.rules
	e.origins[rulesKey] = f.rulesOrigin
	return f.assignments
}

func (e *Effective) assign(assignments []assignment) {
	for _, a := range assignments {
		key := e.reg.keys[a.path]
		if err := key.set(&e.Settings, a.values); err != nil {
			e.problem(Problem{Key: a.path, Value: key.shown(a.values), Origin: a.origin, Reason: err.Error()})
			continue
		}
		e.origins[a.path] = a.origin
	}
}

// shown is values as a message may repeat them.
func (k *Key) shown(values []string) string {
	if k.Secret {
		return ""
	}
	return quote(strings.Join(values, ","))
}

// maxQuoted bounds how much of a wrong value a message repeats.
const maxQuoted = 80

// quote shows a value in a message: on one line, and not at any length.
func quote(text string) string {
	if len(text) > maxQuoted {
		return strconv.Quote(text[:maxQuoted]) + "…"
	}
	return strconv.Quote(text)
}

// plain is the cause of a file error without the path, which the message
// names already.
func plain(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return "cannot be read: " + err.Error()
}
