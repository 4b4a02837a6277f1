package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

// build is what is known about the running binary.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func newVersion(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this binary",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return currentBuild(env.Version).print(env.Stdout, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// currentBuild describes the binary; a version given by the linker wins over
// the module version that "go install" records.
func currentBuild(version string) build {
	b := build{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	return b
}

func (b build) print(w io.Writer, asJSON bool) error {
	if asJSON {
		if err := json.MarshalWrite(w, b); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w)
		return err
	}
	line := "outcry " + b.Version
	if b.Commit != "" {
		line += " (" + b.Commit + ")"
	}
	_, err := fmt.Fprintf(w, "%s %s %s/%s\n", line, b.Go, b.OS, b.Arch)
	return err
}
