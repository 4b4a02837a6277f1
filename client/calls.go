package client

import (
	"strconv"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/protocol"
)

// reply is any answer of the server to a command; each type fills some of it.
type reply struct {
	Type         string        `json:"type"`
	Channel      string        `json:"channel"`
	Success      bool          `json:"success"`
	Code         protocol.Code `json:"code"`
	Message      string        `json:"message"`
	RetryAfterMS int64         `json:"retry_after_ms"`
	MaxRate      float64       `json:"max_rate"`
	MessageID    string        `json:"message_id"`
	Seq          uint64        `json:"seq"`
	Cursor       string        `json:"cursor"`
	Duplicate    bool          `json:"duplicate"`
}

// failure is the error the reply carries, nil for a success.
func (r *reply) failure() error {
	if r.Success || r.Type == protocol.TypePong {
		return nil
	}
	return &protocol.Error{Code: r.Code, Message: r.Message}
}

// isReply says that messages of this type answer commands.
func isReply(msgType string) bool {
	switch msgType {
	case protocol.TypeSubscriptionResult, protocol.TypeUnsubscriptionResult, protocol.TypePublishResult,
		protocol.TypePong, protocol.TypeError:
		return true
	}
	return false
}

// call is one command that waits for its replies.
type call struct {
	id      string
	replies chan reply // room for all of them
	failed  chan error // room for one
	// seen, where set, is called with each reply on the reader's goroutine,
	// before any later message is read.
	seen func(Message, *reply)
}

// rest takes the replies that came before err, which counts only where some
// are missing.
func (p *call) rest(replies []reply, want int, err error) ([]reply, error) {
	for len(replies) < want {
		select {
		case r := <-p.replies:
			replies = append(replies, r)
		default:
			return replies, err
		}
	}
	return replies, nil
}

// calls are the commands of one connection that wait. It is safe for
// concurrent use.
type calls struct {
	inbox *inbox

	mu      sync.Mutex
	last    uint64
	waiting map[string]*call
	err     error // the connection has ended
}

func newCalls(b *inbox) *calls { return &calls{inbox: b, waiting: make(map[string]*call)} }

// add registers a call for want replies.
func (c *calls) add(want int, seen func(Message, *reply)) (*call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	c.last++
	p := &call{
		id:      "c" + strconv.FormatUint(c.last, 36),
		replies: make(chan reply, want),
		failed:  make(chan error, 1),
		seen:    seen,
	}
	c.waiting[p.id] = p
	c.inbox.called(1)
	return p, nil
}

func (c *calls) remove(p *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLocked(p)
}

func (c *calls) removeLocked(p *call) {
	if _, ok := c.waiting[p.id]; ok {
		delete(c.waiting, p.id)
		c.inbox.called(-1)
	}
}

// answer hands a reply to the call it belongs to. A reply that nobody waits
// for any more is dropped.
func (c *calls) answer(m Message, id string) error {
	c.mu.Lock()
	p := c.waiting[id]
	c.mu.Unlock()
	if p == nil {
		return nil
	}
	var r reply
	if err := jsonv2.Unmarshal([]byte(m.Raw), &r); err != nil {
		return &ProtocolError{err}
	}
	if r.Type == protocol.TypeError {
		c.remove(p)
		p.failed <- &protocol.Error{Code: r.Code, Message: r.Message, RetryAfter: millis(r.RetryAfterMS)}
		return nil
	}
	if p.seen != nil {
		p.seen(m, &r)
	}
	select {
	case p.replies <- r:
		return nil
	default:
		return &ProtocolError{errTooManyReplies}
	}
}

// fail ends all calls that wait; where last is set, those to come as well.
func (c *calls) fail(err error, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last {
		c.err = err
	}
	for _, p := range c.waiting {
		c.removeLocked(p)
		p.failed <- err
	}
}
