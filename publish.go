package outcry

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/outcry-dev/outcry/internal/wire"
	"github.com/outcry-dev/outcry/protocol"
)

// credits bound the publications that are on their way to the Loops' queues.
// Taking them is the only place where a publisher waits. Safe for concurrent
// use.
type credits struct {
	count, bytes *semaphore.Weighted
	taken        atomic.Int64 // publications in flight
	waits        atomic.Int64 // publishers that had to wait
}

func newCredits(q Queue) *credits {
	return &credits{count: semaphore.NewWeighted(int64(q.InFlight)), bytes: semaphore.NewWeighted(int64(q.InFlightBytes))}
}

// take blocks until there is room for n bytes, or ctx ends: ErrBusy.
func (c *credits) take(ctx context.Context, n int) error {
	if c.count.TryAcquire(1) {
		if c.bytes.TryAcquire(int64(n)) {
			c.taken.Add(1)
			return nil
		}
		c.count.Release(1)
	}
	c.waits.Add(1)
	if err := c.count.Acquire(ctx, 1); err != nil {
		return ErrBusy
	}
	if err := c.bytes.Acquire(ctx, int64(n)); err != nil {
		c.count.Release(1)
		return ErrBusy
	}
	c.taken.Add(1)
	return nil
}

// giveBack returns what was taken for p, the first time it is called.
func (c *credits) giveBack(p *Publication) {
	if n := p.cost.Swap(0); n != 0 {
		c.taken.Add(-1)
		c.bytes.Release(n)
		c.count.Release(1)
	}
}

// Publish sends m to the subscribers of its channel. It blocks while
// Queue.InFlight publications are on their way, until ctx ends: then ErrBusy,
// and nothing was published. It must not be called on a Loop; hooks and
// handlers may. Errors: *Error, ErrBusy, ErrNotRunning, ErrUnavailable.
func (n *Node) Publish(ctx context.Context, m Message) (Ack, error) {
	return n.publish(ctx, &m, nil)
}

// SendToChannel is Publish that also waits, at most a second, for the count of
// connections of this node in whose queue m was placed.
func (n *Node) SendToChannel(ctx context.Context, m Message) (Ack, Receipt, error) {
	r := newTally()
	ack, err := n.publish(ctx, &m, r)
	if err != nil {
		return Ack{}, Receipt{}, err
	}
	return ack, r.wait(ctx), nil
}

// publish is the only door to the broker.
func (n *Node) publish(ctx context.Context, m *Message, t *tally) (Ack, error) {
	if err := protocol.CheckChannel(m.Channel); err != nil {
		return Ack{}, err
	}
	if len(m.ID) > maxIDBytes || len(m.Key) > maxIDBytes || len(m.Event) > maxIDBytes {
		return Ack{}, protocol.Errorf(protocol.CodeBadRequest, "message_id, key and event have at most %d bytes each", maxIDBytes)
	}
	buf := wire.BeginFrame(make([]byte, 0, wire.MaxHeader+len(m.Object)+len(m.Data)+128))
	buf, err := protocol.AppendPublication(buf, &protocol.Publication{
		Channel: m.Channel, Object: nilIfEmpty(m.Object), Data: nilIfEmpty(m.Data), Event: m.Event, MessageID: m.ID,
		ClientID: m.from.clientID, UserID: m.from.userID, Timestamp: time.Now(),
	})
	if err != nil {
		return Ack{}, err
	}
	ack, err := n.send(ctx, &Publication{Channel: m.Channel, secret: m.Secret}, buf, t)
	ack.ID = m.ID
	return ack, err
}

// maxIDBytes bounds message ids, keys and event names.
const maxIDBytes = 128

func nilIfEmpty(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// send publishes p, whose encoded payload, begun with wire.BeginFrame, is buf,
// to its channel or internal channel.
func (n *Node) send(ctx context.Context, p *Publication, buf []byte, t *tally) (Ack, error) {
	size := len(buf) - wire.MaxHeader
	if err := n.checkSize(size); err != nil {
		return Ack{}, err
	}
	if !n.running.Load() {
		return Ack{}, ErrNotRunning
	}
	p.frame, p.payload = wire.EndFrame(buf, wire.OpText), wire.HeaderSize(size)
	if err := n.credits.take(ctx, len(p.frame)); err != nil {
		return Ack{}, err
	}
	p.cost.Store(int64(len(p.frame)))
	t.of(p)
	p.pending.Store(1) // ours, also if the broker fails, panics or delivers another copy
	p.done = func(p *Publication) {
		n.credits.giveBack(p)
		t.done()
	}
	defer p.finish()
	if internal(p.Channel) {
		n.fanOut(p)
		return Ack{Durability: "memory"}, nil
	}
	return n.cfg.Broker.Publish(ctx, p)
}

// checkSize refuses a payload that could never be queued or find room.
func (n *Node) checkSize(size int) error {
	limit := n.cfg.Limits.MaxMessageSize
	if size+wire.MaxHeader <= limit+queueMargin {
		return nil
	}
	return protocol.Errorf(protocol.CodeTooLarge, "message of %d bytes; at most %d are allowed (max_message_size)", size, limit)
}

// tally waits for the count of connections a publication reached. A nil tally
// counts nothing.
type tally struct {
	p       *Publication
	counted chan struct{}
}

func newTally() *tally { return &tally{counted: make(chan struct{}, 1)} }

func (t *tally) of(p *Publication) {
	if t != nil {
		t.p = p
	}
}

// done may be called more than once.
func (t *tally) done() {
	if t == nil {
		return
	}
	select {
	case t.counted <- struct{}{}:
	default:
	}
}

// wait blocks for at most tallyWait.
func (t *tally) wait(ctx context.Context) Receipt {
	timer := time.NewTimer(tallyWait)
	defer timer.Stop()
	partial := false
	select {
	case <-t.counted:
	case <-timer.C:
		partial = true
	case <-ctx.Done():
		partial = true
	}
	return Receipt{Sent: int(t.p.sent.Load()), Partial: partial}
}

const tallyWait = time.Second

// onPublish serves publish of a client.
func onPublish(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	p, err := cmd.Publish()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	m := Message{Channel: p.Channel, Data: []byte(p.Data), Event: p.Event, ID: p.MessageID, Key: p.Key}
	ack, failure := n.publishFrom(ctx, who, &m)
	result := protocol.PublishResult{
		Channel: p.Channel, Success: failure == nil, MessageID: p.MessageID,
		Seq: ack.Seq, Cursor: ack.Cursor, Duplicate: ack.Duplicate, ID: slices.Clone(cmd.ID),
	}
	if failure != nil {
		result.Error = n.public(failure)
	}
	return func(c *conn) { c.reply(result) }
}

// publishFrom publishes for a client, if the channel's rule and the hook allow
// it.
func (n *Node) publishFrom(ctx context.Context, who *session, m *Message) (Ack, error) {
	if err := protocol.CheckChannel(m.Channel); err != nil {
		return Ack{}, err
	}
	if !n.rules.find(m.Channel).ClientPublish {
		return Ack{}, protocol.Errorf(protocol.CodeForbidden, "clients may not publish to this channel")
	}
	if hook := n.cfg.Hooks.OnPublish; hook != nil {
		if err := hook(ctx, who.client(), m); err != nil {
			return Ack{}, n.denied(err)
		}
	}
	m.from = sender{who.clientID, who.userID()}
	return n.publish(ctx, m, nil)
}

func asError(err error) (*Error, bool) {
	return errors.AsType[*Error](err)
}
