package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/logs"
	"github.com/outcry-dev/outcry/cmd/outcry/internal/service"
	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
	"github.com/outcry-dev/outcry/demo"
	"github.com/outcry-dev/outcry/web"
)

// serveOptions are the flags of serve beside those of the settings.
type serveOptions struct {
	dev, demo bool
	feed      demo.Options
	src       *sources
}

func newServe(env *environment) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Runs the service until SIGINT or SIGTERM, then drains the connections.

Every setting can be given in outcry.yaml, as a variable, or as a flag; see
"outcry config" and docs/configuration.md. SIGHUP opens the log file anew.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.dev, "dev", false, "development mode: on this machine only, no authentication, every channel open")
	flags.BoolVar(&o.demo, "demo", false, "publish a synthetic market")
	flags.Float64Var(&o.feed.Rate, "demo-rate", 0, "messages of the synthetic market per second (default 100)")
	flags.Uint64Var(&o.feed.Seed, "demo-seed", 0, "what the synthetic market is made from; the same seed gives the same prices")
	o.src = newSources(flags)
	return cmd
}

func (o *serveOptions) run(ctx context.Context, env *environment) error {
	effective := o.src.load(env)
	if o.dev {
		effective.Develop()
	}
	if err := effective.Check(); err != nil {
		printWarnings(env.Stderr, effective)
		return usage(err)
	}
	_, noColor := env.LookupEnv("NO_COLOR")
	log, err := logs.Open(&effective.Settings.Log, env.Stderr, noColor)
	if err != nil {
		return err
	}
	for _, warning := range effective.Warnings {
		log.Warn("odd configuration", slog.String("warning", warning))
	}
	cfg := service.Config{
		Settings: &effective.Settings,
		Dev:      o.dev,
		Version:  currentBuild(env.Version).Version,
		Logger:   log.Logger,
		Ready:    env.Ready,
	}
	if o.demo {
		cfg.Demo = &o.feed
	}
	if o.dev {
		cfg.Page = web.Handler()
		warnOpen(env.Stderr, log.Logger, &effective.Settings)
	}
	srv, err := service.New(cfg)
	if err != nil {
		return usage(err)
	}
	if log.HasFile() || !isTerminal(env.Stderr) { // the hang-up of a terminal ends a server that has nothing else
		defer onHangup(func() { reopen(log) })()
	}
	err = srv.Run(ctx)
	if closeErr := log.Close(); err == nil {
		err = closeErr
	}
	return err
}

func reopen(log *logs.Log) {
	if !log.HasFile() {
		log.Info("hangup ignored: there is no log file to open anew")
		return
	}
	if err := log.Reopen(); err != nil {
		log.Error("log file could not be opened anew", slog.Any("err", err))
		return
	}
	log.Info("log file opened anew")
}

// warnOpen says loudly what development mode means: to people in a frame, to
// programs in a record, so that the log stays JSON.
func warnOpen(w io.Writer, log *slog.Logger, cfg *settings.Settings) {
	if cfg.Log.Format == "json" {
		log.Warn("development mode: no login, every origin, every channel open, the http api without a key")
		return
	}
	line := strings.Repeat("!", 66)
	fmt.Fprintf(w, `%s
!!  DEVELOPMENT MODE: no login, every origin, every channel open,
!!  the HTTP API without a key. Whoever reaches %s
!!  can read and publish everything. Never use it in production.
%s
`, line, cfg.Listen.Address, line)
}
