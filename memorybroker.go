package outcry

import (
	"context"
	"sync/atomic"
)

// memoryBroker is the Broker of a single node. It has no goroutine: a
// publication is delivered on the goroutine that publishes. Safe for
// concurrent use.
type memoryBroker struct {
	sink atomic.Pointer[Sink]
}

var _ Broker = (*memoryBroker)(nil)

func newMemoryBroker() *memoryBroker { return &memoryBroker{} }

// Run implements Broker.
func (b *memoryBroker) Run(ctx context.Context, sink Sink) error {
	b.sink.Store(&sink)
	defer b.sink.Store(nil)
	sink.Ready(nil)
	<-ctx.Done()
	return nil
}

// Publish implements Broker. It does not block.
func (b *memoryBroker) Publish(_ context.Context, p *Publication) (Ack, error) {
	sink := b.sink.Load()
	if sink == nil {
		return Ack{}, ErrUnavailable
	}
	(*sink).Deliver(p)
	return Ack{Durability: "memory"}, nil
}

// Join implements Broker.
func (b *memoryBroker) Join(string, func(error)) bool { return true }

// Leave implements Broker.
func (b *memoryBroker) Leave(string) {}

// History implements Broker.
func (b *memoryBroker) History(context.Context, string, HistoryQuery) (HistoryPage, error) {
	return HistoryPage{}, ErrNoHistory
}
