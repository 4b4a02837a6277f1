package logs

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/lmittmann/tint"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

func config(change func(*settings.Log)) *settings.Log {
	cfg := settings.Default().Log
	change(&cfg)
	return &cfg
}

func open(t *testing.T, cfg *settings.Log, stderr io.Writer) *Log {
	t.Helper()
	log, err := Open(cfg, stderr, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLevel(t *testing.T) {
	for level, want := range map[string]string{"debug": "DIWE", "info": "IWE", "warn": "WE", "error": "E"} {
		t.Run(level, func(t *testing.T) {
			var out bytes.Buffer
			log := open(t, config(func(l *settings.Log) { l.Level = level }), &out)
			log.Debug("D")
			log.Info("I")
			log.Warn("W")
			log.Error("E")
			got := ""
			for line := range strings.Lines(out.String()) {
				_, msg, _ := strings.Cut(strings.TrimSpace(line), "msg=")
				got += msg
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestOneLine covers case 40 for every format: a record is one line, whatever
// a client sends.
func TestOneLine(t *testing.T) {
	const nasty = "a\r\nlevel=ERROR msg=forged\x00\x1b[31m\u202e"
	for name, newLog := range map[string]func(w io.Writer) *slog.Logger{
		"text":     func(w io.Writer) *slog.Logger { return slog.New(newHandler("text", w, slog.LevelInfo)) },
		"json":     func(w io.Writer) *slog.Logger { return slog.New(newHandler("json", w, slog.LevelInfo)) },
		"terminal": func(w io.Writer) *slog.Logger { return slog.New(tint.NewTextHandler(w, &tint.Options{NoColor: true})) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			newLog(&out).Info("refused", slog.String("client_id", nasty))
			got := out.String()
			if strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\r\x00\x1b") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for format, check := range map[string]func(line string) error{
		"text": func(line string) error {
			if !strings.Contains(line, ` level=INFO msg="hello there" n=1`) {
				return fmt.Errorf("not text: %q", line)
			}
			return nil
		},
		"json": func(line string) error {
			var v map[string]any
			return json.Unmarshal([]byte(line), &v)
		},
	} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			name := filepath.Join(t.TempDir(), "logs", "websocket_service.log")
			log := open(t, config(func(l *settings.Log) { l.Format, l.File = format, name }), &out)
			log.Info("hello there", slog.Int("n", 1))
			for where, text := range map[string]string{"stderr": out.String(), "file": read(t, name)} {
				if err := check(text); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			}
		})
	}
}

func TestFileThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(config(func(l *settings.Log) { l.File = dir }), io.Discard, false); err == nil {
		t.Error("a directory: got no error")
	}
}

func TestReopen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "logs", "a.log")
	log := open(t, config(func(l *settings.Log) { l.File = name }), io.Discard)
	log.Info("before")
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	log.Info("between")
	if err := log.Reopen(); err != nil {
		t.Fatal(err)
	}
	log.Info("after")
	if got := read(t, name+".1"); !strings.Contains(got, "before") || !strings.Contains(got, "between") || strings.Contains(got, "after") {
		t.Errorf("old file:\n%s", got)
	}
	if got := read(t, name); !strings.Contains(got, "after") || strings.Contains(got, "between") {
		t.Errorf("new file:\n%s", got)
	}
	dir := filepath.Dir(name)
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := log.Reopen(); err == nil {
		t.Error("the file cannot be opened, yet no error")
	}
	noFile := open(t, config(func(*settings.Log) {}), io.Discard)
	if err := noFile.Reopen(); err == nil || noFile.HasFile() {
		t.Errorf("without a file: %v", err)
	}
}

// TestReopenUnderLoad loses no record although the file is moved away and
// opened anew all the time.
func TestReopenUnderLoad(t *testing.T) {
	const writers, records = 4, 200
	dir := t.TempDir()
	name := filepath.Join(dir, "a.log")
	log := open(t, config(func(l *settings.Log) { l.File = name }), io.Discard)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for r := range records {
				log.Info("record", slog.Int("writer", w), slog.Int("n", r))
			}
		})
	}
	for i := range 20 {
		if err := os.Rename(name, fmt.Sprintf("%s.%d", name, i)); err != nil {
			t.Error(err)
		}
		if err := log.Reopen(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, file := range files {
		got += strings.Count(read(t, file), "msg=record")
	}
	if want := writers * records; got != want {
		t.Errorf("%d records in %d files, want %d", got, len(files), want)
	}
}

// TestRotation writes more than a megabyte to a file of at most one.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	log := open(t, config(func(l *settings.Log) {
		l.File, l.MaxSizeMB, l.MaxBackups, l.Compress = filepath.Join(dir, "a.log"), 1, 3, true
	}), io.Discard)
	text := strings.Repeat("x", 1<<10)
	for range 1500 {
		log.Info("record", slog.String("text", text))
	}
	if err := log.Close(); err != nil { // waits for the compression
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "a-*.log.gz"))
	if err != nil || len(files) != 1 {
		t.Errorf("rotated files %v, %v, want one", files, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "a.log")); err != nil || info.Size() > 1<<20 {
		t.Errorf("current file: %v, %v", info, err)
	}
}
