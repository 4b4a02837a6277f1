// Package cli holds the commands of the outcry binary, one per file. Each is
// made by a function newX(env) and listed in the table of newRoot.
package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// Main executes the command that args name in the environment of the process
// and returns its exit code. It blocks until the command is done; the commands
// that run on end when ctx does.
func Main(ctx context.Context, version string, args []string) int {
	return run(ctx, system(version), args)
}

func run(ctx context.Context, env *environment, args []string) int {
	root := newRoot(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(env.Stderr, "outcry:", err)
	}
	return exitCode(err)
}

// newRoot assembles the command tree.
func newRoot(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "outcry",
		Short: "A real-time WebSocket service for trading platforms",
		Long: `Outcry is a real-time WebSocket service for trading platforms.

Exit codes: 0 done; 1 failed while running; 2 wrong arguments or
configuration; 3 the server could not be reached; 4 the server refused.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	// The table of subcommands.
	for _, newCommand := range []func(*environment) *cobra.Command{
		newServe, newDemo, newPub, newSub, newReplay, newToken, newConfig, newDebug, newVersion,
	} {
		root.AddCommand(coded(newCommand(env)))
	}
	return root
}

// coded gives the errors of cmd, once it has begun to run, their exit codes.
func coded(cmd *cobra.Command) *cobra.Command {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return failed(run(cmd, args)) }
	}
	return cmd
}
