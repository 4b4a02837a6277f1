package replay_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/outcry-dev/outcry/replay"
)

func ExamplePlayer() {
	const day = `symbol,date,price
AAPL,2026-01-20,271.5
AAPL,soon,272
005930,2026-01-21,81000
`
	file, err := replay.NewStream(strings.NewReader(day), "day.csv", replay.Options{
		OnBadLine: func(e *replay.LineError) { fmt.Println(e) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	player := replay.Player{
		Publish: func(_ context.Context, batch []replay.Tick) ([]error, error) {
			for _, t := range batch {
				fmt.Println(t.Channel, string(t.Object))
			}
			return nil, nil
		},
	}
	summary, err := player.Run(context.Background(), file)
	fmt.Println(summary.Published, "published", err)
	// Output:
	// day.csv:3: time "soon" is not readable
	// quotes.AAPL {"type":"quote","symbol":"AAPL","price":271.5,"timestamp":"2026-01-20T00:00:00.000000+00:00"}
	// quotes.005930 {"type":"quote","symbol":"005930","price":81000,"timestamp":"2026-01-21T00:00:00.000000+00:00"}
	// 2 published <nil>
}
