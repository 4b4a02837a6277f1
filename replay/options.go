package replay

import "fmt"

const (
	// DefaultChannel is where ticks go whose file names no channel.
	DefaultChannel = "quotes.{symbol}"
	// DefaultType is the type of ticks whose file names none.
	DefaultType = "quote"
	// DefaultSortLimit is how many lines are put in order: 24 MB of index.
	DefaultSortLimit = 1_000_000
)

// Options say how a file is read. The zero value works for a file with a
// usual header.
type Options struct {
	// TimeColumn names the column or JSON member that holds the time; two,
	// joined by a comma, for a date and a time of day. Default: timestamp,
	// datetime, ts, or date and time.
	TimeColumn string
	// SymbolColumn: default symbol, ticker or code.
	SymbolColumn string
	// PriceColumn must hold numbers, and is published as "price". Default:
	// price, last or close; without any of them no column is checked.
	PriceColumn string
	// TimeFormat is auto (default), rfc3339, date, unix, unix_ms, unix_us,
	// unix_ns or a Go layout. Times without a zone are UTC.
	TimeFormat string
	// Channel is the channel's name with {column} in it. Default: the line's
	// own channel where it has one, else DefaultChannel.
	Channel string
	// Type is the message type of lines without one. Default: DefaultType.
	Type string
	// Sort says what to do about lines out of time order.
	Sort Sort
	// SortLimit bounds the lines that are put in order. Default:
	// DefaultSortLimit.
	SortLimit int
	// OnBadLine hears of every line that is left out, once, on the goroutine
	// that called Open or Next. May be nil.
	OnBadLine func(*LineError)
}

// Validate joins all that is wrong with the options themselves; whether the
// named columns exist is found when a file is opened.
func (o Options) Validate() error {
	_, err := newSchema(o)
	return err
}

func (o Options) kind() string {
	if o.Type == "" {
		return DefaultType
	}
	return o.Type
}

// Sort says what to do about lines out of time order.
type Sort string

const (
	// SortAuto is the zero value: it puts a file in order that needs it and has no
	// more lines than the limit. Any other is read as it stands.
	SortAuto Sort = ""
	// SortAlways refuses a file that cannot be put in order.
	SortAlways Sort = "always"
	// SortNever reads the file as it stands, and begins at once.
	SortNever Sort = "never"
)

// ParseSort reads auto, always or never.
func ParseSort(s string) (Sort, error) {
	switch s {
	case "", "auto":
		return SortAuto, nil
	case "always", "never":
		return Sort(s), nil
	}
	return "", fmt.Errorf("sort %q: want auto, always or never", s)
}
