package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/replay"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	api     apiFlags
	file    replay.Options
	sort    string
	speed   string
	maxWait time.Duration
	limit   int
	loop    bool
	asJSON  bool
}

func newReplay(env *environment) *cobra.Command {
	o := &replayOptions{}
	cmd := &cobra.Command{
		Use:   "replay FILE|-",
		Short: "Publish recorded ticks by their own timestamps",
		Long: `Reads ticks from a CSV file with a header, or from NDJSON, and publishes each
when its time comes, at --speed times the recorded pace. - is standard input.

Time, symbol and price are found by their usual names, or named by flags; all
other columns are published as they are. A time may be RFC 3339, a date, a count
since 1970 in s, ms, us or ns, or what --time-format says; without a zone it is
UTC. Lines that are no ticks are reported with file and line, and left out.

A file whose lines are out of time order, such as one grouped by symbol, is put
in order first where it has no more than --sort-limit lines (24 bytes of memory
each). In a longer one, or from standard input, a tick that is older than the
one before it is published at once. The clock never goes back.

A pause longer than --max-wait is cut short, so that nights and mistaken dates
do not stop the replay.`,
		Example: `  outcry replay ticks.csv --speed 60x
  outcry replay stocks.csv --speed max --channel 'stocks.{symbol}'
  outcry replay trades.ndjson --time-column ts --symbol-column code --type trade
  zcat day.csv.gz | outcry replay - --speed 10`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.speed, "speed", "1x", "how many times faster than recorded: 1, 60x, 0.5; max or 0: as fast as possible")
	flags.StringVar(&o.file.TimeColumn, "time-column", "", "column or field of the time; two, joined by a comma, for date and time of day")
	flags.StringVar(&o.file.SymbolColumn, "symbol-column", "", "column or field of the symbol")
	flags.StringVar(&o.file.PriceColumn, "price-column", "", "column or field of the price")
	flags.StringVar(&o.file.TimeFormat, "time-format", "auto", `auto, rfc3339, date, unix, unix_ms, unix_us, unix_ns, or a Go layout such as "Jan 2 2006"`)
	flags.StringVar(&o.file.Channel, "channel", "", "channel with {column} in it (default: the line's own channel, else "+replay.DefaultChannel+")")
	flags.StringVar(&o.file.Type, "type", replay.DefaultType, "type of the messages whose line names none")
	flags.StringVar(&o.sort, "sort", "auto", "put lines in time order: auto, always or never")
	flags.IntVar(&o.file.SortLimit, "sort-limit", replay.DefaultSortLimit, "largest number of lines to put in order")
	flags.DurationVar(&o.maxWait, "max-wait", time.Minute, "longest pause between ticks; 0: no limit")
	flags.IntVar(&o.limit, "limit", 0, "end after so many ticks; 0: at the end of the file")
	flags.BoolVar(&o.loop, "loop", false, "begin again at the end, until interrupted")
	flags.BoolVar(&o.asJSON, "json", false, "print the summary as JSON")
	o.api.register(flags)
	return cmd
}

func (o *replayOptions) run(ctx context.Context, env *environment, path string) error {
	speed, err := o.check()
	if err != nil {
		return usage(err)
	}
	publisher, err := o.api.publisher(env)
	if err != nil {
		return err
	}
	report := &replayReport{w: env.Stderr}
	o.file.OnBadLine = func(e *replay.LineError) { report.bad(e) }
	file, err := o.open(ctx, env, path)
	if err != nil {
		return err
	}
	defer file.Close()
	o.announce(report, file.Info())
	report.bar = newProgress(env.Stderr, file.Info(), o.limit, o.loop)
	player := replay.Player{
		Publish:    publishTicks(publisher),
		Speed:      speed,
		MaxWait:    o.maxWait,
		Limit:      o.limit,
		Loop:       o.loop,
		OnReject:   func(t replay.Tick, err error) { report.rejected(path, t, err) },
		OnProgress: func(s replay.Summary) { report.bar.set(s, file) },
	}
	summary, err := player.Run(ctx, file)
	report.finish()
	return o.conclude(ctx, env, summary, file.BadLines(), err)
}

func (o *replayOptions) check() (speed float64, err error) {
	if speed, err = replay.ParseSpeed(o.speed); err != nil {
		return 0, fmt.Errorf("--%w", err)
	}
	if o.file.Sort, err = replay.ParseSort(o.sort); err != nil {
		return 0, fmt.Errorf("--%w", err)
	}
	if o.maxWait < 0 || o.limit < 0 || o.file.SortLimit <= 0 {
		return 0, errors.New("--max-wait and --limit must not be negative, and --sort-limit must be greater than 0")
	}
	return speed, o.file.Validate()
}

func (o *replayOptions) open(ctx context.Context, env *environment, path string) (*replay.File, error) {
	if path != "-" {
		return replay.Open(ctx, path, o.file)
	}
	if o.loop {
		return nil, usage(errors.New("--loop needs a file: standard input can be read once"))
	}
	return replay.NewStream(interruptible(ctx, env.Stdin), "standard input", o.file)
}

// announce says what is done about the order of the lines.
func (o *replayOptions) announce(r *replayReport, info replay.Info) {
	switch {
	case info.Sorted:
		r.say("the lines are out of time order and are replayed in order")
	case info.TooLong:
		r.say("more than %d lines: they are replayed as they stand, ticks out of time order at once (--sort-limit)", o.file.SortLimit)
	}
}

// publishTicks makes a Player's Publish of a Publisher.
func publishTicks(p *client.Publisher) func(context.Context, []replay.Tick) ([]error, error) {
	return func(ctx context.Context, ticks []replay.Tick) ([]error, error) {
		batch := make([]client.Publication, len(ticks))
		for i, t := range ticks {
			batch[i] = client.Publication{Channel: t.Channel, Object: t.Object, Key: t.Key}
		}
		results, err := p.PublishBatch(ctx, batch)
		if err != nil {
			return nil, err
		}
		refusals := make([]error, len(results))
		for i, r := range results {
			refusals[i] = r.Err
		}
		return refusals, nil
	}
}

// replaySummary is what "replay --json" prints.
type replaySummary struct {
	Published int     `json:"published"`
	Skipped   int     `json:"skipped"`
	Late      int     `json:"late"`
	Cut       int     `json:"pauses_cut"`
	Lag       float64 `json:"max_lag_seconds"`
	Passes    int     `json:"passes"`
	Elapsed   float64 `json:"elapsed_seconds"`
	Rate      float64 `json:"rate"`
}

// conclude prints the summary and says how the command ends. An interrupt is a
// good end where something was published.
func (o *replayOptions) conclude(ctx context.Context, env *environment, s replay.Summary, bad int, err error) error {
	if printErr := o.print(env.Stdout, s, s.Rejected+bad); printErr != nil {
		return printErr
	}
	if err := left(ctx, err); err != nil {
		return explain(err, "--api-key or OUTCRY_API_KEY")
	}
	if s.Published == 0 {
		return errors.New("nothing could be published")
	}
	return nil
}

func (o *replayOptions) print(w io.Writer, s replay.Summary, skipped int) error {
	if o.asJSON {
		err := json.MarshalWrite(w, replaySummary{
			Published: s.Published, Skipped: skipped, Late: s.Late, Cut: s.Cut, Lag: s.Lag.Seconds(),
			Passes: s.Passes, Elapsed: s.Elapsed.Seconds(), Rate: s.Rate(),
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w)
		return err
	}
	text := fmt.Sprintf("published %d, skipped %d, in %v (%.0f/s)", s.Published, skipped, s.Elapsed.Round(time.Millisecond), s.Rate())
	if s.Late > 0 {
		text += fmt.Sprintf("; %d out of time order went at once", s.Late)
	}
	if s.Cut > 0 {
		text += fmt.Sprintf("; %d pauses cut to %v", s.Cut, o.maxWait)
	}
	const noticeable = time.Second
	if s.Lag > noticeable {
		text += fmt.Sprintf("; up to %v behind the clock", s.Lag.Round(10*time.Millisecond))
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
