// Package logs builds the log of the server: records on standard error, for
// people on a terminal and for machines elsewhere, and in a rotated file where
// one is configured.
package logs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

// Log is an open log. It is safe for concurrent use.
type Log struct {
	*slog.Logger
	file *rotated // nil: none
}

// Open opens the log that cfg asks for. stderr is coloured where it is a
// terminal and plain is false.
func Open(cfg *settings.Log, stderr io.Writer, plain bool) (*Log, error) {
	level := slog.LevelInfo
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	handler := newHandler(cfg.Format, stderr, level)
	if cfg.Format == "text" && !plain && isTerminal(stderr) {
		handler = tint.NewTextHandler(stderr, &tint.Options{Level: level})
	}
	if cfg.File == "" {
		return &Log{Logger: slog.New(handler)}, nil
	}
	if err := writable(cfg.File); err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	file := newRotated(cfg)
	handler = slog.NewMultiHandler(handler, newHandler(cfg.Format, file, level))
	return &Log{Logger: slog.New(handler), file: file}, nil
}

// HasFile reports whether there is a file to reopen.
func (l *Log) HasFile() bool { return l.file != nil }

// Reopen closes the file and opens it anew by its name, which another program
// may have moved away. No record is lost meanwhile.
func (l *Log) Reopen() error {
	if l.file == nil {
		return errors.New("there is no log file")
	}
	return l.file.reopen()
}

// Close closes the file. Records written afterwards still reach it.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.close()
}

func newHandler(format string, w io.Writer, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// writable finds out at the start what would else fail with every record.
func writable(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), dirMode); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	return f.Close()
}
