package cli

import "github.com/spf13/cobra"

func newDebug(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "debug",
		Short: "Programs to examine Outcry itself with",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(coded(newDebugEcho(env)))
	return cmd
}
