// Command bench compares Outcry with the floor that the kernel sets and with
// servers on other libraries, on this machine, and writes down what came out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	"github.com/outcry-dev/outcry/bench/report"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

const usage = `usage: bench COMMAND

  run     measure, and write results.json
  soak    run a crowd under churn for long, and add the record to results.json
  report  make performance.md and its plots of results.json

bench COMMAND -h lists the flags.
`

var errUsage = errors.New("there is no such command")

func main() { os.Exit(start()) }

// start runs the command of this process and returns its exit code.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		return 2
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
}

// command runs the one that args name.
func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch name, args := args[0], args[1:]; name {
	case "run":
		return run(ctx, args)
	case "soak":
		return soak(ctx, args)
	case "report":
		return write(args)
	case "serve":
		return serve(args)
	default:
		return errUsage
	}
}

// serve is the server process that the others start.
func serve(args []string) error {
	if len(args) != 2 {
		return errors.New("serve is for the other commands")
	}
	e, err := server(args[0])
	if err != nil {
		return err
	}
	return worker.Serve(e, args[1], os.Stdin, os.Stdout)
}

// write makes the report.
func write(args []string) error {
	f := flag.NewFlagSet("report", flag.ContinueOnError)
	in := f.String("in", "", "folder of results.json")
	docs := f.String("docs", "../docs", "folder that performance.md goes to")
	if err := parse(f, args); err != nil {
		return err
	}
	r, err := result.Read(*in)
	if err != nil {
		return err
	}
	return report.Write(*docs, r)
}

// parse reads flags, behind which nothing may follow.
func parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s: unexpected argument %q", f.Name(), f.Arg(0))
	}
	return nil
}

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }
