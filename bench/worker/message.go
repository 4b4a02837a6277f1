// Package worker runs a server under test in a process of its own, the same
// program started again, and measures that process from within. Parent and
// child talk in lines of JSON over the child's standard input and output.
package worker

import (
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
)

// command is what the parent asks for.
type command string

const (
	doPublish command = "publish"
	doUsage   command = "usage"
)

// request is a line from the parent. Requests are served at the same time.
type request struct {
	ID     int     `json:"id"`
	Do     command `json:"do"`
	Plan   *Plan   `json:"plan,omitzero"`
	Detail Detail  `json:"detail,omitzero"`
}

// reply is a line from the child. The first one, of ID 0, says where the
// server listens.
type reply struct {
	ID        int        `json:"id"`
	Address   string     `json:"address,omitzero"`
	Error     string     `json:"error,omitzero"`
	Usage     *Usage     `json:"usage,omitzero"`
	Published *Published `json:"published,omitzero"`
}

// setup is the argument of the child.
type setup struct {
	Options hub.Options `json:"options"`
	Procs   int         `json:"procs"` // GOMAXPROCS
}

// Arrival is how publications follow each other.
type Arrival string

// The arrivals: at even intervals, or at exponential ones, as independent
// events come.
const (
	Steady  Arrival = "steady"
	Poisson Arrival = "poisson"
)

// Plan says what to publish. The publications of each channel are numbered
// from 1 over all plans.
type Plan struct {
	// Channel is the channel, or where Channels is more than 1 the beginning
	// of the names of that many, which take turns: see ChannelName.
	Channel  string  `json:"channel"`
	Channels int     `json:"channels,omitzero"`
	Count    int     `json:"count"`
	Rate     float64 `json:"rate"` // publications a second
	Arrival  Arrival `json:"arrival,omitzero"`
	Size     int     `json:"size,omitzero"` // bytes of a payload; 0: about 180
}

// Published is what became of a Plan.
type Published struct {
	Count   int           `json:"count"`
	Elapsed time.Duration `json:"elapsed"`
	// Late is how far behind its schedule the publisher was at worst.
	Late time.Duration `json:"late"`
}

// Detail is how much of a Usage is wanted.
type Detail string

// The details. DetailCPU costs next to nothing; DetailAllocs stops the process
// for an instant; DetailMemory walks its address space; DetailSettled also
// collects all garbage before and gives what is free back to the system.
const (
	DetailCPU     Detail = "cpu"
	DetailAllocs  Detail = "allocs"
	DetailMemory  Detail = "memory"
	DetailSettled Detail = "settled"
)

// Usage is what the child's process has used.
type Usage struct {
	CPU          time.Duration `json:"cpu"` // user and system, since it started
	Mallocs      uint64        `json:"mallocs,omitzero"`
	Heap         int64         `json:"heap,omitzero"`         // bytes of objects
	Resident     int64         `json:"resident,omitzero"`     // bytes
	Proportional int64         `json:"proportional,omitzero"` // bytes, shared pages by their share
	Descriptors  int           `json:"descriptors,omitzero"`
	Goroutines   int           `json:"goroutines,omitzero"`
}
