//go:build embedui

package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Embedded tells whether this binary carries the page.
func Embedded() bool { return true }

// files returns the page.
func files() fs.FS { return below(dist, "dist") }
