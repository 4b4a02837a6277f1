package settings

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// dotenvName is the file that is read from the working directory where no
// other is named.
const dotenvName = ".env"

// environ turns "NAME=value" entries into assignments. An empty value counts
// as not set, as container tools pass on variables they do not have.
func (e *Effective) environ(entries []string) []assignment {
	variables := make(map[string]string, len(entries))
	for _, entry := range entries {
		if name, value, ok := strings.Cut(entry, "="); ok {
			variables[name] = value
		}
	}
	return e.variables(variables, Origin{Source: FromEnvironment})
}

// dotenv reads a .env file. Without a name it is ".env" in dir, if there.
func (e *Effective) dotenv(dir, name string) []assignment {
	path := name
	if name == "" {
		path = filepath.Join(dir, dotenvName)
	}
	data, err := readLimited(path)
	if name == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	origin := Origin{Source: FromDotenv, File: path}
	if name == "" {
		origin.File = dotenvName
	}
	if err != nil {
		e.problem(Problem{Origin: origin, Reason: plain(err)})
		return nil
	}
	variables, err := godotenv.UnmarshalBytes(data)
	if err != nil {
		// The parser's text repeats lines of the file, which may hold secrets.
		e.problem(Problem{Origin: origin, Reason: "not lines of the form NAME=value"})
		return nil
	}
	return e.variables(variables, origin)
}

// variables picks ours, sorted by name, and warns of those that would be.
func (e *Effective) variables(all map[string]string, origin Origin) []assignment {
	var found []assignment
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value := all[name]
		if value == "" || !strings.HasPrefix(name, Prefix) {
			continue
		}
		origin.Name = name
		key, ok := e.reg.envs[name]
		if !ok {
			e.Warnings = append(e.Warnings, origin.String()+": unknown variable, ignored"+didYouMean(name, e.reg.variables()))
			continue
		}
		found = append(found, assignment{key.Path, key.split(value), origin})
	}
	return found
}
