package settings

import "fmt"

// Origin is where a value comes from. The zero value is the default.
type Origin struct {
	Source Source
	// Name is the file, the variable or the flag.
	Name string
	// File is the .env file of a variable, or the file a *_file key named.
	File         string
	Line, Column int // in a YAML file
}

// Source is a kind of origin; a later one overrides an earlier one.
type Source uint8

// The sources.
const (
	FromDefault Source = iota
	FromFile
	FromDotenv
	FromEnvironment
	FromFlag
	FromSecretFile // named by a *_file key
	FromDev        // set by development mode
)

// String names the origin as messages and "outcry config" show it.
func (o Origin) String() string {
	switch o.Source {
	case FromFile:
		if o.Line == 0 {
			return o.Name
		}
		return fmt.Sprintf("%s:%d:%d", o.Name, o.Line, o.Column)
	case FromDotenv:
		if o.Name == "" {
			return o.File
		}
		return o.Name + " in " + o.File
	case FromEnvironment:
		return o.Name
	case FromFlag:
		return "--" + o.Name
	case FromSecretFile:
		return fmt.Sprintf("file %s, named by %s", o.File, o.Name)
	case FromDev:
		return "--dev"
	case FromDefault:
	}
	return "default"
}
