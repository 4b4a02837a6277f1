// Package web is the page that the binary serves: live quotes, a chat box and
// the raw frames.
//
// The page's files are embedded when the binary is built with the tag embedui,
// after "npm run build" in this folder. Without the tag Handler serves a page
// that says what is missing.
package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// policy lets the page load its own files and open WebSockets, and nothing
// else; nobody may frame it.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at "/" and its files below. It is safe for
// concurrent use.
func Handler() http.Handler { return serve(files()) }

// file is one file of the page, kept in memory.
type file struct {
	content   []byte
	mediaType string
	etag      string
	caching   string
}

// serve returns a handler for the files of tree, which it reads at once. It
// panics where tree cannot be read, for it is part of the program.
func serve(tree fs.FS) http.Handler {
	served := make(map[string]*file)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		served["/"+name] = newFile(name, content)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("web: embedded files: %v", err))
	}
	served["/"] = served["/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f := served[r.URL.Path]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		header.Set("Content-Type", f.mediaType)
		header.Set("Cache-Control", f.caching)
		header.Set("ETag", f.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
	})
}

// below returns the folder of tree with this name.
func below(tree fs.FS, folder string) fs.FS {
	sub, err := fs.Sub(tree, folder)
	if err != nil {
		panic(fmt.Sprintf("web: embedded files: %v", err))
	}
	return sub
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		content:   content,
		mediaType: mediaType(path.Ext(name)),
		etag:      `"` + hex.EncodeToString(sum[:12]) + `"`,
		caching:   "no-cache",
	}
	// The bundler puts a hash of the content into the names of these.
	if strings.HasPrefix(name, "assets/") {
		f.caching = "public, max-age=31536000, immutable"
	}
	return f
}

// mediaType knows the files of the page. (The table of package mime differs
// between machines.)
func mediaType(extension string) string {
	switch extension {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}
