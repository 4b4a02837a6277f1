package logs

import (
	"os"
	"sync/atomic"

	"github.com/DeRuina/timberjack"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

const (
	dirMode  os.FileMode = 0o750
	fileMode os.FileMode = 0o640
)

// rotated is a log file that is replaced by a new one at a size. It is safe
// for concurrent use.
type rotated struct {
	cfg     settings.Log
	current atomic.Pointer[timberjack.Logger]
}

func newRotated(cfg *settings.Log) *rotated {
	r := &rotated{cfg: *cfg}
	r.current.Store(r.open())
	return r
}

func (r *rotated) open() *timberjack.Logger {
	compression := "none"
	if r.cfg.Compress {
		compression = "gzip"
	}
	return &timberjack.Logger{
		Filename:    r.cfg.File,
		MaxSize:     r.cfg.MaxSizeMB,
		MaxBackups:  r.cfg.MaxBackups,
		MaxAge:      r.cfg.MaxAgeDays,
		Compression: compression,
		FileMode:    fileMode,
	}
}

// Write implements io.Writer.
func (r *rotated) Write(p []byte) (int, error) { return r.current.Load().Write(p) }

// reopen replaces the writer. A Write that still has the closed one opens the
// file for itself, so it loses nothing.
func (r *rotated) reopen() error { return r.current.Swap(r.open()).Close() }

func (r *rotated) close() error { return r.current.Load().Close() }
