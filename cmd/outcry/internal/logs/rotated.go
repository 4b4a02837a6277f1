package logs

import (
	"os"
	"sync"

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
	cfg settings.Log

	// mu is read-locked while a record is written: a writer that is given up
	// must be done first, for the new one truncates what it creates.
	mu      sync.RWMutex
	current *timberjack.Logger
}

func newRotated(cfg *settings.Log) *rotated {
	r := &rotated{cfg: *cfg}
	r.current = r.open()
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
func (r *rotated) Write(p []byte) (int, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current.Write(p)
}

// reopen replaces the writer, unless the file cannot be opened. The old one is
// closed after that, since it may still have to compress a file.
func (r *rotated) reopen() error {
	r.mu.Lock()
	old := r.current
	err := writable(r.cfg.File)
	if err == nil {
		r.current = r.open()
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return old.Close()
}

func (r *rotated) close() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current.Close()
}
