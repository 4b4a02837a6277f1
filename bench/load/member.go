package load

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/outcry-dev/outcry/bench/market"
)

// stage is how far a member has got.
type stage uint8

const (
	stageGone stage = iota
	stageConnecting
	stageUpgrading // has sent its handshake
	stageGreeting  // waits to be greeted
	stageSubscribing
	stageLive
)

// member is one client.
type member struct {
	fd       int32
	stage    stage
	packed   bool // the fragments are compressed
	pinged   bool // an answer is due
	seq      Sequence
	pending  []byte // what has come of a frame that is not complete
	assembly []byte // the fragments of a message so far
}

var errEnd = errors.New("the server has ended the connection")

// connect begins to connect member i, which is gone.
func (f *Fleet) connect(i int) error {
	fd, err := open(f.opt.Server, i)
	if err != nil {
		return err
	}
	e := unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(i)}
	if err := unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return errors.Join(os.NewSyscallError("epoll_ctl", err), unix.Close(fd))
	}
	f.members[i] = member{fd: int32(fd), stage: stageConnecting}
	return nil
}

// introduce sends the handshake of member i, which has been connected.
func (f *Fleet) introduce(i int) error {
	m := &f.members[i]
	if err := connected(int(m.fd)); err != nil {
		return err
	}
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
	if err := unix.EpollCtl(f.epoll, unix.EPOLL_CTL_MOD, int(m.fd), &e); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	m.stage = stageUpgrading
	return send(int(m.fd), f.opt.request(i))
}

// Drop breaks the connection of member i, as a client does whose machine fails.
func (f *Fleet) Drop(i int) {
	m := &f.members[i]
	if m.stage == stageGone {
		return
	}
	if m.stage == stageLive {
		f.live--
	}
	if m.pinged {
		f.pings.due--
	}
	cut(int(m.fd))
	*m = member{}
}

// read takes what has come for member i.
func (f *Fleet) read(i int) error {
	m := &f.members[i]
	n, err := receive(int(m.fd), f.buf)
	switch {
	case err != nil:
		return err
	case n < 0:
		return nil
	case n == 0:
		return errEnd
	}
	now := f.clock.Now()
	b := f.buf[:n]
	if len(m.pending) > 0 {
		m.pending = append(m.pending, b...)
		b = m.pending
	}
	b, err = f.consume(i, b, now)
	if err != nil {
		return err
	}
	m.pending = append(m.pending[:0], b...)
	return nil
}

// consume handles all that is complete in b and returns the rest.
func (f *Fleet) consume(i int, b []byte, now int64) (rest []byte, err error) {
	m := &f.members[i]
	if m.stage == stageUpgrading {
		size, err := parseAnswer(b, f.opt.Compress)
		if err != nil || size == 0 {
			return b, err
		}
		b = b[size:]
		m.stage = stageGreeting
		if o := f.opt.Phrases.Opening; o != nil {
			if err := send(int(m.fd), clientFrame(opText, o)); err != nil {
				return b, err
			}
		}
	}
	for {
		fr, size, err := parseFrame(b)
		if err != nil || size == 0 {
			return b, err
		}
		b = b[size:]
		if err := f.handle(i, fr, now); err != nil {
			return b, err
		}
	}
}

// handle takes one frame.
func (f *Fleet) handle(i int, fr frame, now int64) error {
	m := &f.members[i]
	switch fr.op {
	case opText, opContinuation:
		f.counts.Frames++
		f.counts.Bytes += int64(len(fr.payload))
		if fr.compressed {
			f.counts.Compressed++
		}
		if fr.fin && fr.op == opText {
			return f.message(i, fr.payload, fr.compressed, now)
		}
		if fr.op == opText {
			m.packed = fr.compressed
		}
		m.assembly = append(m.assembly, fr.payload...)
		if !fr.fin {
			return nil
		}
		text := m.assembly
		m.assembly = nil
		return f.message(i, text, m.packed, now)
	case opPing:
		f.counts.Pings++
		return send(int(m.fd), clientFrame(opPong, fr.payload))
	case opPong:
		return nil
	case opClose:
		return closed(fr.payload)
	case opBinary:
	}
	return fmt.Errorf("frame of opcode %d", fr.op)
}

// closed is the error that a Close frame is.
func closed(payload []byte) error {
	if len(payload) < 2 {
		return errors.New("the server has closed without a code")
	}
	return fmt.Errorf("the server has closed with %d %q", int(payload[0])<<8|int(payload[1]), payload[2:])
}

// message takes one message. It may hold several publications.
func (f *Fleet) message(i int, text []byte, compressed bool, now int64) error {
	if compressed {
		var err error
		if text, err = f.inflater.inflate(text); err != nil {
			return err
		}
	}
	m := &f.members[i]
	s, rest, ok := market.Next(text)
	if !ok {
		return f.converse(i, text)
	}
	if m.stage != stageLive {
		return fmt.Errorf("publication before the answer to subscribe: %.200q", text)
	}
	for ok {
		m.seq.See(s.N, &f.counts.Count)
		if d := now - s.At; f.latency.RecordValue(max(1, d)) != nil {
			f.trouble.add("client %d: publication %d took %d ns", i, s.N, d)
		}
		s, rest, ok = market.Next(rest)
	}
	return nil
}

// converse takes a message that is no publication.
func (f *Fleet) converse(i int, text []byte) error {
	m := &f.members[i]
	switch kind := f.opt.Phrases.Hear(text); {
	case kind == KindGreeting && m.stage == stageGreeting:
		m.stage = stageSubscribing
		return send(int(m.fd), clientFrame(opText, f.opt.Phrases.Subscribe(f.opt.Channel(i))))
	case kind == KindSubscribed && m.stage == stageSubscribing:
		m.stage = stageLive
		f.live++
		if !f.opt.Late {
			m.seq.From(1)
		}
		return nil
	case kind == KindPong && m.pinged:
		f.counts.Pongs++
		m.pinged = false
		return f.ping(i)
	case kind == KindGap:
		f.counts.Gaps++
		return nil
	case kind == KindHeartbeat:
		f.counts.Heartbeats++
		if a := f.opt.Phrases.HeartbeatAnswer; a != nil {
			return send(int(m.fd), clientFrame(opText, a))
		}
		return nil
	}
	return fmt.Errorf("unexpected message: %.200q", text)
}
