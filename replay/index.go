package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// entry places one line of a file in time. It is 24 bytes, and an index holds
// nothing else.
type entry struct {
	at     int64 // Unix nanoseconds; badLine for a line that is no tick
	offset int64
	size   int32
	number int32
}

// badLine sorts the lines that are no ticks before all others, so that they
// are reported before the replay begins.
const badLine = math.MinInt64

// errTooManyLines: the file has more lines than an index may hold.
var errTooManyLines = errors.New("too many lines to sort")

// survey is what one pass over a file found.
type survey struct {
	index       []entry
	ticks       int
	first, last time.Time
	ordered     bool
}

// surveyFile parses every line once. Past limit lines it returns
// errTooManyLines.
func surveyFile(ctx context.Context, r io.Reader, name string, opts Options, limit int) (survey, error) {
	s := survey{ordered: true}
	d, err := newDecoder(r, name, opts)
	if err != nil {
		return s, err
	}
	for ctx.Err() == nil {
		t, l, err := d.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		_, bad := errors.AsType[*LineError](err)
		if err != nil && !bad {
			return s, err
		}
		if len(s.index) >= limit || l.number > math.MaxInt32 {
			return s, fmt.Errorf("%s: %w: the limit is %d", name, errTooManyLines, limit)
		}
		s.add(l, t.Time, bad)
	}
	return s, context.Cause(ctx)
}

func (s *survey) add(l line, at time.Time, bad bool) {
	// One byte more than the longest line is enough to find it too long again.
	e := entry{at: badLine, offset: l.offset, size: int32(min(l.size, maxLine+1)), number: int32(l.number)}
	if !bad {
		e.at = at.UnixNano()
		if s.ticks == 0 {
			s.first, s.last = at, at
		}
		s.ticks++
		switch {
		case at.Before(s.last):
			s.ordered = false
			if at.Before(s.first) {
				s.first = at
			}
		default:
			s.last = at
		}
	}
	s.index = append(s.index, e)
}

// sort puts the index in time order. Lines of one time keep the file's order.
func (s *survey) sort() {
	slices.SortFunc(s.index, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number))
	})
}
