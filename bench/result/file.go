package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// fileName is that of the results within their folder.
const fileName = "results.json"

// Read reads the results in a folder. Where there are none they are empty.
func Read(folder string) (*Report, error) {
	r := new(Report)
	text, err := os.ReadFile(filepath.Join(folder, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, r, jsonv1.FormatDurationAsNano(true)); err != nil {
		return nil, fmt.Errorf("%s: %w", fileName, err)
	}
	return r, nil
}

// Write writes the results into a folder, which it makes where needed.
func (r *Report) Write(folder string) error {
	text, err := json.Marshal(r, jsonv1.FormatDurationAsNano(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("%s: %w", fileName, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // results are no secret
		return err
	}
	return os.WriteFile(filepath.Join(folder, fileName), append(text, '\n'), 0o644) //nolint:gosec // results are no secret
}
