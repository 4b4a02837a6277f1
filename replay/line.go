package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine is the longest line that is read, in bytes with its newline.
const maxLine = 256 << 10

var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// line is one line of a file without its newline. Its text is valid until the
// next one is read.
type line struct {
	text   []byte
	number int
	offset int64
	// size counts the newline too.
	size int
}

// lineReader cuts a stream into lines within one buffer.
type lineReader struct {
	br     *bufio.Reader
	number int
	offset int64
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{br: bufio.NewReaderSize(r, maxLine)}
}

// next returns the next line, blank ones left out. errLongLine comes with the
// line's number, and the line is skipped; io.EOF ends.
func (r *lineReader) next() (line, error) {
	for {
		text, err := r.br.ReadSlice('\n')
		l := line{number: r.number + 1, offset: r.offset, size: len(text)}
		if errors.Is(err, bufio.ErrBufferFull) {
			rest, err := r.discardLine()
			l.size += rest
			r.pass(l)
			if err != nil && !errors.Is(err, io.EOF) {
				return line{}, err
			}
			return l, errLongLine
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0) {
			return line{}, err
		}
		r.pass(l)
		l.text = bytes.TrimSpace(text)
		if len(l.text) > 0 {
			return l, nil
		}
	}
}

func (r *lineReader) pass(l line) {
	r.number = l.number
	r.offset += int64(l.size)
}

// discardLine skips to the end of the line and counts the bytes.
func (r *lineReader) discardLine() (int, error) {
	n := 0
	for {
		text, err := r.br.ReadSlice('\n')
		n += len(text)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// ready says that a whole line is buffered already.
func (r *lineReader) ready() bool {
	buffered, err := r.br.Peek(r.br.Buffered())
	return err == nil && bytes.IndexByte(buffered, '\n') >= 0
}
