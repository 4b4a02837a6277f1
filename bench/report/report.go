// Package report turns the results of a run into docs/performance.md and its
// plots. The same results give the same bytes.
package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/outcry-dev/outcry/bench/result"
)

// Write writes performance.md and the plots it shows, performance/*.svg, into
// the folder docs. Plots of an earlier report are removed.
func Write(docs string, r *result.Report) error {
	groups, err := groupsOf(r)
	if err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	text, err := markdown(r, groups)
	if err != nil {
		return fmt.Errorf("performance.md: %w", err)
	}
	plots := filepath.Join(docs, "performance")
	if err := clean(plots); err != nil {
		return err
	}
	var figures []figure
	for i := range groups {
		figures = append(figures, groups[i].Figures...)
	}
	if r.Soak != nil && len(settled(r.Soak.Samples)) > 1 {
		f, err := soakFigure(r.Soak)
		if err != nil {
			return fmt.Errorf("plotting: %w", err)
		}
		figures = append(figures, f)
	}
	for i := range figures {
		svg, err := figures[i].svg()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(plots, figures[i].Name+".svg"), svg, 0o644); err != nil { //nolint:gosec // a document
			return err
		}
	}
	return os.WriteFile(filepath.Join(docs, "performance.md"), text, 0o644) //nolint:gosec // a document
}

// clean makes the folder of the plots, without plots.
func clean(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // of documents
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.svg"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range old {
		errs = append(errs, os.Remove(name))
	}
	return errors.Join(errs...)
}
