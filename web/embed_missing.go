//go:build !embedui

package web

import (
	"embed"
	"io/fs"
)

//go:embed missing
var missing embed.FS

// Embedded tells whether this binary carries the page.
func Embedded() bool { return false }

// files returns a page that says how to build the real one.
func files() fs.FS { return below(missing, "missing") }
