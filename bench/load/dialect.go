package load

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/market"
)

// Kind is what a message from a server is.
type Kind uint8

// The kinds. KindOther is what nobody has asked for.
const (
	KindOther Kind = iota
	KindGreeting
	KindSubscribed
	KindPong
	KindPublication
	KindHeartbeat
	KindGap
)

// Phrases are what clients say and hear in a dialect.
type Phrases struct {
	// Opening is what a client has to say first; nil: the server begins.
	Opening []byte
	// Ping asks for a message of KindPong.
	Ping []byte
	// HeartbeatAnswer is what a message of KindHeartbeat is answered with; nil:
	// nothing.
	HeartbeatAnswer []byte

	subscribe string
	heard     []heard
}

// heard is how a message of a kind is told from others.
type heard struct {
	mark []byte
	kind Kind
}

// PhrasesOf returns those of a dialect. In that of centrifuge a ping is a call:
// it has none of its own.
func PhrasesOf(d hub.Dialect) (*Phrases, error) {
	switch d {
	case hub.DialectOutcry:
		return &Phrases{
			Ping:      []byte(`{"type":"ping","timestamp":1700000000000}`),
			subscribe: `{"type":"subscribe","channel":%s}`,
			heard: []heard{
				{[]byte(`"type":"pong"`), KindPong},
				{[]byte(`"type":"subscription_result"`), KindSubscribed},
				{[]byte(`"type":"connection_established"`), KindGreeting},
				{[]byte(`"type":"heartbeat"`), KindHeartbeat},
				{[]byte(`"type":"gap"`), KindGap},
			},
		}, nil
	case hub.DialectCentrifuge:
		return &Phrases{
			Opening:         []byte(`{"id":1,"connect":{}}`),
			Ping:            []byte(`{"id":3,"rpc":{"data":{"type":"ping","timestamp":1700000000000}}}`),
			HeartbeatAnswer: []byte(`{}`),
			subscribe:       `{"id":2,"subscribe":{"channel":%s}}`,
			heard: []heard{
				{[]byte(`{"id":3`), KindPong},
				{[]byte(`{"id":2,"subscribe"`), KindSubscribed},
				{[]byte(`{"id":1,"connect"`), KindGreeting},
				{[]byte(`{}`), KindHeartbeat},
			},
		}, nil
	}
	return nil, fmt.Errorf("dialect %q: unknown", d)
}

// Subscribe returns what asks for a channel.
func (p *Phrases) Subscribe(channel string) []byte {
	return fmt.Appendf(nil, p.subscribe, strconv.Quote(channel))
}

// Hear says what a message is. A publication is one that carries a stamp; a
// failed subscription is KindOther.
func (p *Phrases) Hear(message []byte) Kind {
	if market.Marked(message) {
		return KindPublication
	}
	if bytes.Contains(message, []byte(`"success":false`)) || bytes.Contains(message, []byte(`"error":{`)) {
		return KindOther
	}
	for _, h := range p.heard {
		if bytes.HasPrefix(message, h.mark) || h.mark[0] != '{' && bytes.Contains(message, h.mark) {
			return h.kind
		}
	}
	return KindOther
}
