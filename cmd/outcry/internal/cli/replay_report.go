package cli

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/outcry-dev/outcry/replay"
)

// maxReports bounds the bad lines that are told one by one: a file of another
// format has nothing else.
const maxReports = 50

// replayReport tells on standard error what was left out, between redrawings
// of the progress bar.
type replayReport struct {
	w       io.Writer
	bar     *progress
	reports int
}

func (r *replayReport) say(format string, args ...any) {
	r.bar.clear()
	fmt.Fprintf(r.w, format+"\n", args...)
}

func (r *replayReport) bad(err error) {
	r.reports++
	if r.reports <= maxReports {
		r.say("%s", printable(err.Error()))
	}
}

func (r *replayReport) rejected(path string, t replay.Tick, err error) {
	r.bad(&replay.LineError{File: path, Line: t.Line, Reason: err})
}

func (r *replayReport) finish() {
	r.bar.clear()
	if more := r.reports - maxReports; more > 0 {
		r.say("and %d more", more)
	}
}

// progress is a bar on a terminal. A nil progress shows nothing.
type progress struct {
	bar   *progressbar.ProgressBar
	bytes bool // the number of ticks is not known
}

// newProgress counts ticks where their number is known, else bytes; nil where
// w is no terminal or there is no end in sight.
func newProgress(w io.Writer, info replay.Info, limit int, loop bool) *progress {
	if !isTerminal(w) {
		return nil
	}
	total, inBytes := int64(info.Ticks), false
	switch {
	case limit > 0 && (loop || info.Ticks < 0):
		total = int64(limit)
	case limit > 0:
		total = min(total, int64(limit))
	case loop:
		total = -1
	case info.Ticks < 0:
		total, inBytes = info.Size, info.Size >= 0
	}
	return &progress{bytes: inBytes, bar: progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("replay"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowBytes(inBytes),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
	)}
}

func (p *progress) set(s replay.Summary, f *replay.File) {
	if p == nil {
		return
	}
	at := int64(s.Published + s.Rejected)
	if p.bytes {
		at = f.Offset()
	}
	_ = p.bar.Set64(at) // a terminal that cannot be written to shows no bar
}

func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear() // as above
	}
}
