package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/outcry-dev/outcry/bench/hub"
)

// child is the server process.
type child struct {
	publisher *publisher
	requests  sync.WaitGroup

	mu  sync.Mutex
	out io.Writer // guarded by mu
}

// Serve is what the child process does: it serves with the hub of an entry,
// set up by the argument that Start made, and answers the requests on in until
// it ends.
func Serve(e hub.Entry, argument string, in io.Reader, out io.Writer) (err error) {
	var s setup
	if err := json.Unmarshal([]byte(argument), &s); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	runtime.GOMAXPROCS(s.Procs)
	h, err := e.New(s.Options)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return errors.Join(err, h.Close())
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	defer func() { err = errors.Join(err, h.Close(), <-served) }()
	p, err := newPublisher(h)
	if err != nil {
		return err
	}
	c := &child{publisher: p, out: out}
	if err := c.reply(&reply{Address: ln.Addr().String()}); err != nil {
		return err
	}
	return c.listen(in)
}

// listen serves requests, each on a goroutine of its own.
func (c *child) listen(in io.Reader) error {
	defer c.requests.Wait()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r, jsonv1.FormatDurationAsNano(true)); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		c.requests.Go(func() {
			// If the parent does not listen any more, it has gone.
			_ = c.reply(c.serve(&r))
		})
	}
	return lines.Err()
}

// serve carries out a request.
func (c *child) serve(r *request) *reply {
	answer := &reply{ID: r.ID}
	var err error
	switch r.Do {
	case doPublish:
		var done Published
		done, err = c.publisher.publish(r.Plan)
		answer.Published = &done
	case doUsage:
		var u Usage
		u, err = usage(r.Detail)
		answer.Usage = &u
	default:
		err = fmt.Errorf("command %q: unknown", r.Do)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}

func (c *child) reply(r *reply) error {
	line, err := json.Marshal(r, jsonv1.FormatDurationAsNano(true))
	if err != nil {
		panic(err) // all that is in a reply can be written
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = c.out.Write(append(line, '\n'))
	return err
}
