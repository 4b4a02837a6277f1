package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// probeTimeout bounds each wait of a Probe.
const probeTimeout = 10 * time.Second

// Probe is one client with a thread of its own, so that what it measures is
// the server and not the rest of the crowd. It belongs to one goroutine.
type Probe struct {
	fd      int
	phrases *Phrases
	buf     []byte
	from, n int // what has been read and not looked at is buf[from:n]
}

// Dial connects a probe and has it greeted. It subscribes to nothing.
func Dial(opt Options) (*Probe, error) {
	fd, err := dial(opt.Server, 0, 0)
	if err != nil {
		return nil, err
	}
	p := &Probe{fd: fd, phrases: opt.Phrases, buf: make([]byte, 64<<10)}
	wait := unix.NsecToTimeval(int64(probeTimeout))
	err = os.NewSyscallError("setsockopt", unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
	if err == nil {
		err = p.greet(opt)
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("probe: %w", err)
	}
	return p, nil
}

func (p *Probe) greet(opt Options) error {
	if err := send(p.fd, opt.request(0)); err != nil {
		return err
	}
	for {
		size, err := parseAnswer(p.buf[:p.n], opt.Compress)
		if err != nil {
			return err
		}
		if size > 0 {
			p.from = size
			break
		}
		if err := p.fill(); err != nil {
			return err
		}
	}
	if o := opt.Phrases.Opening; o != nil {
		if err := send(p.fd, clientFrame(opText, o)); err != nil {
			return err
		}
	}
	return p.await(KindGreeting)
}

// Close drops the connection.
func (p *Probe) Close() { cut(p.fd) }

// Measure pings for a while, on average every pause, and records how long each
// answer took, in nanoseconds. It blocks its thread.
func (p *Probe) Measure(d, pause time.Duration, into *hdrhistogram.Histogram) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ping := clientFrame(opText, p.phrases.Ping)
	for end := time.Now().Add(d); time.Now().Before(end); {
		// A fixed beat could keep step with the publisher.
		rest := unix.NsecToTimespec(rand.Int64N(2 * int64(pause))) //nolint:gosec // nothing is secret here
		if err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &rest, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("clock_nanosleep", err)
		}
		start := time.Now()
		if err := send(p.fd, ping); err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if err := p.await(KindPong); err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if err := into.RecordValue(int64(time.Since(start))); err != nil {
			return fmt.Errorf("probe: %w", err)
		}
	}
	return nil
}

// await reads up to a message of a kind, over heartbeats.
func (p *Probe) await(want Kind) error {
	for {
		f, size, err := parseFrame(p.buf[p.from:p.n])
		if err == nil && size == 0 {
			err = p.fill()
		}
		if err != nil {
			return err
		}
		if size == 0 {
			continue
		}
		p.from += size
		if f.op == opText && p.phrases.Hear(f.payload) == want {
			return nil
		}
		if err := p.answer(f); err != nil {
			return err
		}
	}
}

// answer does what a frame asks for that is not the one awaited.
func (p *Probe) answer(f frame) error {
	switch {
	case f.op == opPing:
		return send(p.fd, clientFrame(opPong, f.payload))
	case f.op == opClose:
		return closed(f.payload)
	case f.op != opText || p.phrases.Hear(f.payload) != KindHeartbeat:
		return fmt.Errorf("unexpected frame of opcode %d: %.200q", f.op, f.payload)
	case p.phrases.HeartbeatAnswer != nil:
		return send(p.fd, clientFrame(opText, p.phrases.HeartbeatAnswer))
	}
	return nil
}

// fill reads more. It blocks.
func (p *Probe) fill() error {
	if p.from > 0 {
		p.n = copy(p.buf, p.buf[p.from:p.n])
		p.from = 0
	}
	n, err := unix.Read(p.fd, p.buf[p.n:])
	switch {
	case errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return os.NewSyscallError("read", err)
	case n == 0:
		return errEnd
	}
	p.n += n
	return nil
}
