package replay

import (
	"encoding/json"
	"fmt"
	"time"
)

// Tick is one line of a recording, ready to be published.
type Tick struct {
	// Time is when it happened, by the recording.
	Time time.Time
	// Channel is where it goes.
	Channel string
	// Key is the symbol, empty where the line has none.
	Key string
	// Object is the message: a JSON object with type and timestamp. Whoever
	// receives the Tick keeps it.
	Object json.RawMessage
	// Line is where it stands in the file, from 1.
	Line int
}

// LineError says why a line is no tick.
type LineError struct {
	File   string
	Line   int
	Reason error
}

// Error implements error, in the form editors jump to: file:line: reason.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Reason) }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Reason }
