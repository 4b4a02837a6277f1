package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
)

// sources are the flags that every command with settings has.
type sources struct {
	configFile, envFile string
	flags               *settings.Flags
}

// newSources adds --config, --env-file and a flag for each key, or for those
// at paths only.
func newSources(set *pflag.FlagSet, paths ...string) *sources {
	src := &sources{}
	set.StringVar(&src.configFile, "config", "", "YAML file with settings (default: outcry.yaml, if there is one)")
	set.StringVar(&src.envFile, "env-file", "", "file with variables (default: .env, if there is one)")
	src.flags = settings.NewFlags(set, paths...)
	return src
}

// load reads all sources.
func (src *sources) load(env *environment) *settings.Effective {
	return settings.Load(settings.Sources{
		Dir:        env.Dir,
		ConfigFile: src.configFile,
		EnvFile:    src.envFile,
		Environ:    env.Environ(),
		Flags:      src.flags,
	})
}

// printWarnings is for commands without a log.
func printWarnings(w io.Writer, e *settings.Effective) {
	for _, warning := range e.Warnings {
		fmt.Fprintln(w, "warning:", warning)
	}
}

func newConfig(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration, and check it",
		Long: `Prints every setting as "outcry serve" would use it and where it comes from,
secrets masked. Where serve would refuse to start, the reasons follow on
standard error and the exit code is 2.

A flag overrides an environment variable, which overrides the .env file, which
overrides the file.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	src := newSources(cmd.Flags())
	cmd.RunE = func(*cobra.Command, []string) error {
		e := src.load(env)
		printWarnings(env.Stderr, e)
		write := e.WriteYAML
		if asJSON {
			write = e.WriteJSON
		}
		if err := write(env.Stdout); err != nil {
			return err
		}
		if err := e.Check(); err != nil {
			return usage(err)
		}
		return nil
	}
	return cmd
}
