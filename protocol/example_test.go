package protocol_test

import (
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

func ExampleDecodeCommand() {
	c, err := protocol.DecodeCommand([]byte(`{"type":"subscribe","channel":"quotes.AAPL","id":7}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	s, e := c.Subscribe()
	if e != nil {
		fmt.Println(e)
		return
	}
	for _, channel := range s.Channels {
		failure := protocol.CheckChannel(channel)
		result := protocol.SubscriptionResult{Channel: channel, Success: failure == nil, Error: failure, ID: c.ID}
		fmt.Printf("%s\n", result.AppendJSON(nil))
	}
	// Output: {"type":"subscription_result","channel":"quotes.AAPL","success":true,"id":7}
}

func ExampleAppendPublication() {
	b, err := protocol.AppendPublication(nil, &protocol.Publication{
		Channel:   "quotes.AAPL",
		Object:    []byte(`{"type":"quote","bid":187.41,"ask":187.43}`),
		Timestamp: time.Date(2026, 1, 20, 10, 30, 0, 123456000, time.UTC),
	})
	fmt.Printf("%s %v\n", b, err)
	// Output: {"type":"quote","bid":187.41,"ask":187.43,"channel":"quotes.AAPL","timestamp":"2026-01-20T10:30:00.123456+00:00"} <nil>
}
