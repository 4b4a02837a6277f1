package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/outcry-dev/outcry/bench/hub"
)

// stopTimeout is how long the child may take to end.
const stopTimeout = 10 * time.Second

// errEnded is the answer to requests when the child has gone.
var errEnded = errors.New("the server process has ended")

// Process is a child as its parent sees it. It is safe for concurrent use.
type Process struct {
	cmd     *exec.Cmd
	address netip.AddrPort
	ended   chan struct{} // closed when the child says nothing more

	mu     sync.Mutex
	in     io.WriteCloser        // guarded by mu
	last   int                   // ID; guarded by mu
	asking map[int]chan<- *reply // guarded by mu
}

// Start runs this program again with the arguments "serve", name and the
// setup, and returns when it listens. What it writes to standard error comes
// out at this one's.
func Start(ctx context.Context, name string, o hub.Options, procs int) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argument, err := json.Marshal(setup{Options: o, Procs: procs})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "serve", name, string(argument)) //nolint:gosec // it is this program
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = stopTimeout
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server %s: %w", name, err)
	}
	p := &Process{cmd: cmd, in: in, ended: make(chan struct{}), asking: map[int]chan<- *reply{}}
	hello := make(chan *reply, 1)
	p.asking[0] = hello
	go p.listen(out)
	r, err := p.await(ctx, hello)
	if err == nil {
		p.address, err = netip.ParseAddrPort(r.Address)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server %s: %w", name, err), p.Stop())
	}
	return p, nil
}

// Address is where the server listens.
func (p *Process) Address() netip.AddrPort { return p.address }

// Usage returns what the child has used.
func (p *Process) Usage(ctx context.Context, d Detail) (Usage, error) {
	r, err := p.ask(ctx, &request{Do: doUsage, Detail: d})
	if err != nil {
		return Usage{}, fmt.Errorf("usage: %w", err)
	}
	return *r.Usage, nil
}

// Publish has the child publish and blocks until it has.
func (p *Process) Publish(ctx context.Context, plan *Plan) (Published, error) {
	r, err := p.ask(ctx, &request{Do: doPublish, Plan: plan})
	if err != nil {
		return Published{}, fmt.Errorf("publish: %w", err)
	}
	return *r.Published, nil
}

// Stop has the child end and blocks until it has.
func (p *Process) Stop() error {
	p.mu.Lock()
	err := p.in.Close()
	p.mu.Unlock()
	kill := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	<-p.ended
	return errors.Join(err, p.cmd.Wait())
}

func (p *Process) ask(ctx context.Context, r *request) (*reply, error) {
	answer := make(chan *reply, 1)
	if err := p.send(r, answer); err != nil {
		return nil, err
	}
	return p.await(ctx, answer)
}

func (p *Process) send(r *request, answer chan<- *reply) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	r.ID = p.last
	line, err := json.Marshal(r, jsonv1.FormatDurationAsNano(true))
	if err != nil {
		return err
	}
	p.asking[r.ID] = answer
	_, err = p.in.Write(append(line, '\n'))
	return err
}

func (p *Process) await(ctx context.Context, answer <-chan *reply) (*reply, error) {
	select {
	case r := <-answer:
		if r.Error != "" {
			return nil, errors.New(r.Error)
		}
		return r, nil
	case <-p.ended:
		return nil, errEnded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listen hands out replies until the child says nothing more.
func (p *Process) listen(out io.Reader) {
	defer close(p.ended)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		r := new(reply)
		if err := json.Unmarshal(lines.Bytes(), r, jsonv1.FormatDurationAsNano(true)); err != nil {
			r = &reply{Error: err.Error()}
		}
		p.mu.Lock()
		answer := p.asking[r.ID]
		delete(p.asking, r.ID)
		p.mu.Unlock()
		if answer != nil {
			answer <- r
		}
	}
}
