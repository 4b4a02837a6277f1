// Package result is what a run of the benchmarks leaves behind: the contract
// between those who measure and those who write the report.
package result

import "time"

// Report is the whole of results.json.
type Report struct {
	Machine Machine  `json:"machine"`
	Rounds  int      `json:"rounds"`
	Quick   bool     `json:"quick"` // a trial of the benchmarks: the figures mean nothing
	Results []Result `json:"results"`
	// Soak is the record of the long run, where there was one.
	Soak *Soak `json:"soak,omitzero"`
}

// Machine is where and with what was measured.
type Machine struct {
	CPU    string    `json:"cpu"`
	Cores  int       `json:"cores"`
	Memory int64     `json:"memory"` // bytes
	Kernel string    `json:"kernel"`
	Go     string    `json:"go"`
	Date   time.Time `json:"date"`
	// Modules maps the path of each module under test to its version.
	Modules map[string]string `json:"modules"`
}

// Result is one row of the table of targets, or one beside it.
type Result struct {
	ID    string `json:"id"`
	Group Group  `json:"group"`
	Title string `json:"title"` // the work that was measured
	Unit  string `json:"unit"`  // of the values
	// Less is better in all units. Target is nil where a row only informs.
	Target *Target `json:"target,omitzero"`
	// Base names the series by whose value of the same round the others are
	// divided for the ratios; empty: values stand for themselves.
	Base string `json:"base,omitzero"`
	// Rate is how many messages per second were published: the horizontal axis
	// of the plot that lays the rows of one group side by side. 0: the row is in
	// no such plot.
	Rate   float64  `json:"rate,omitzero"`
	Series []Series `json:"series"`
	Notes  []string `json:"notes,omitzero"`
}

// Group puts rows together that are shown together.
type Group string

// The groups, in the order of a report.
const (
	GroupMemory   Group = "memory"
	GroupFanOut   Group = "fan-out"
	GroupRate     Group = "rate"
	GroupCommands Group = "commands"
	GroupLatency  Group = "latency"
	GroupIdle     Group = "idle"
	GroupChurn    Group = "churn"
)

// Target is what a row is measured against.
type Target struct {
	Text string `json:"text"` // as the table has it: "≤ 1.15 × floor"
	// Series is the one that is judged, and Bound the most that its median may
	// be: the median of the ratios where the row has a base, else of the
	// values.
	Series string  `json:"series"`
	Bound  float64 `json:"bound"`
}

// Series is what one server, in one setting, reached.
type Series struct {
	Name    string `json:"name"`    // unique within the row
	Title   string `json:"title"`   // for people
	Server  string `json:"server"`  // the entry's name
	Version string `json:"version"` // of its library; empty: none
	// Rounds are in order, one for each round of the run.
	Rounds []Round `json:"rounds"`
}

// Round is one measurement.
type Round struct {
	Value float64 `json:"value"`
	// Problems say what was lost, doubled, out of order or unexpected. Where
	// there is one, the value counts for nothing.
	Problems []string `json:"problems,omitzero"`
	// Lag is how long after the last publication the last delivery came, where
	// that took more than a tenth of a second: the machine was overloaded.
	Lag time.Duration `json:"lag,omitzero"`
	// Percentiles are the distribution of the latencies, of which Value is one,
	// in ascending order and the row's unit; nil: none were measured.
	Percentiles []Percentile `json:"percentiles,omitzero"`
}

// Percentile is the value that Rank percent of the measurements stay within.
type Percentile struct {
	Rank  float64 `json:"rank"` // 50, 99.9
	Value float64 `json:"value"`
}

// Soak is the record of a long run under churn.
type Soak struct {
	Connections int           `json:"connections"`
	Duration    time.Duration `json:"duration"`
	Delivered   int64         `json:"delivered"`
	Returns     int64         `json:"returns"` // clients that dropped and came back
	Samples     []Sample      `json:"samples"`
	Problems    []string      `json:"problems,omitzero"`
}

// Sample is the state of the server process at one moment.
type Sample struct {
	At          time.Duration `json:"at"` // since the start
	Connections int           `json:"connections"`
	Resident    int64         `json:"resident"` // bytes
	Heap        int64         `json:"heap"`     // bytes of live and dead objects
	Descriptors int           `json:"descriptors"`
	Goroutines  int           `json:"goroutines"`
	CPU         time.Duration `json:"cpu"` // user and system, since the start
}
