package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrStream: a stream can be read once and as it stands only.
var ErrStream = errors.New("a stream can be neither sorted nor repeated")

// File is a recording being read. It is not safe for concurrent use.
type File struct {
	name string
	opts Options
	// file is nil where the File is a stream.
	file    *os.File
	decoder *decoder
	info    Info
	// index, where the file had to be sorted, is the order to read it in, and
	// next the place in it.
	index []entry
	next  int
	buf   []byte
	bad   int
	again bool // a later pass: its bad lines have been reported
}

// Info is what Open learned of a file.
type Info struct {
	// Ticks is the number of good lines; -1 where the file was not surveyed.
	Ticks int
	// First and Last are the earliest and latest time, where Ticks is known.
	First, Last time.Time
	// Sorted says that the lines were out of order and have been put right.
	Sorted bool
	// TooLong says that the file has more lines than may be sorted and is
	// read as it stands.
	TooLong bool
	// Size is the file's length in bytes; -1 where it has none.
	Size int64
}

// Open opens a CSV or NDJSON file. Unless opts.Sort is SortNever it reads the
// file once, at most opts.SortLimit lines of it, to learn whether they are in
// time order; ctx can end that.
func Open(ctx context.Context, path string, opts Options) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{name: path, opts: opts, file: file, info: Info{Ticks: -1, Size: -1}}
	if err := f.prepare(ctx); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return f, nil
}

// NewStream reads ticks as they come from r, such as a pipe. name stands for it
// in errors.
func NewStream(r io.Reader, name string, opts Options) (*File, error) {
	if opts.Sort == SortAlways {
		return nil, fmt.Errorf("%s: %w", name, ErrStream)
	}
	d, err := newDecoder(r, name, opts)
	if err != nil {
		return nil, err
	}
	return &File{name: name, opts: opts, decoder: d, info: Info{Ticks: -1, Size: -1}}, nil
}

func (f *File) prepare(ctx context.Context) error {
	stat, err := f.file.Stat()
	if err != nil {
		return err
	}
	regular := stat.Mode().IsRegular()
	switch {
	case stat.IsDir():
		return fmt.Errorf("%s: is a directory", f.name)
	case regular:
		f.info.Size = stat.Size()
	case f.opts.Sort == SortAlways:
		return fmt.Errorf("%s: %w", f.name, ErrStream)
	}
	if regular && f.opts.Sort != SortNever {
		if err := f.survey(ctx); err != nil {
			return err
		}
	}
	return f.start()
}

// survey decides whether the file is read in the order of an index.
func (f *File) survey(ctx context.Context) error {
	limit := f.opts.SortLimit
	if limit <= 0 {
		limit = DefaultSortLimit
	}
	s, err := surveyFile(ctx, f.file, f.name, f.opts, limit)
	if errors.Is(err, errTooManyLines) && f.opts.Sort != SortAlways {
		f.info.TooLong = true
		return nil
	}
	if err != nil {
		return err
	}
	f.info.Ticks, f.info.First, f.info.Last = s.ticks, s.first, s.last
	if !s.ordered {
		s.sort()
		f.index, f.info.Sorted = s.index, true
	}
	return nil
}

// start goes to the first line.
func (f *File) start() error {
	f.next = 0
	if !f.info.Sorted || f.decoder == nil {
		if f.info.Size >= 0 {
			if _, err := f.file.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		d, err := newDecoder(f.file, f.name, f.opts)
		if err != nil {
			return err
		}
		f.decoder = d
	}
	return nil
}

// Info returns what is known of the file.
func (f *File) Info() Info { return f.info }

// BadLines is how many lines have been left out so far.
func (f *File) BadLines() int { return f.bad }

// Offset is how many bytes of the file have been read; it means nothing where
// Info().Sorted.
func (f *File) Offset() int64 { return f.decoder.lines.offset }

// Ready says that Next will not wait for more input.
func (f *File) Ready() bool {
	return f.info.Size >= 0 || f.decoder.lines.ready()
}

// Next returns the next tick, in time order where the file was sorted, and
// io.EOF at the end. Bad lines are left out and go to Options.OnBadLine. It
// blocks where the file is a stream.
func (f *File) Next() (Tick, error) {
	for {
		t, err := f.read()
		bad, ok := errors.AsType[*LineError](err)
		if !ok {
			return t, err
		}
		if f.again {
			continue
		}
		f.bad++
		if f.opts.OnBadLine != nil {
			f.opts.OnBadLine(bad)
		}
	}
}

// Rewind goes back to the first tick. ErrStream.
func (f *File) Rewind() error {
	if f.info.Size < 0 {
		return fmt.Errorf("%s: %w", f.name, ErrStream)
	}
	f.again = true
	return f.start()
}

// Close closes the file. A stream stays open: it belongs to the caller.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

func (f *File) read() (Tick, error) {
	if !f.info.Sorted {
		t, _, err := f.decoder.next()
		return t, err
	}
	if f.next == len(f.index) {
		return Tick{}, io.EOF
	}
	e := f.index[f.next]
	f.next++
	if cap(f.buf) < int(e.size) {
		f.buf = make([]byte, max(int(e.size), 4096))
	}
	text := f.buf[:e.size]
	if n, err := f.file.ReadAt(text, e.offset); n < len(text) {
		return Tick{}, fmt.Errorf("%s:%d: %w", f.name, e.number, err)
	}
	return f.decoder.tick(line{
		text:   bytes.TrimSpace(text),
		number: int(e.number),
		offset: e.offset,
		size:   int(e.size),
	})
}
