package demo_test

import (
	"fmt"
	"time"

	"github.com/outcry-dev/outcry/demo"
)

func ExampleMarket() {
	market, err := demo.NewMarket(1, demo.Symbol{Name: "ACME", Open: 12.5, Tick: 1, Decimals: 2, Volatility: 1e-3, Lot: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 1, 20, 10, 30, 0, 0, time.UTC)
	for range 3 {
		m := market.Next(at)
		fmt.Println(m.Channel, string(m.Object))
		at = at.Add(time.Second)
	}
	// Output:
	// quotes.ACME {"type":"quote","symbol":"ACME","price":12.50,"bid":12.50,"ask":12.51,"bid_size":619,"ask_size":368,"change":0.00,"change_pct":0.00,"volume":0,"timestamp":"2026-01-20T10:30:00.000000+00:00"}
	// trades.ACME {"type":"trade","symbol":"ACME","trade_id":1,"price":12.50,"size":141,"side":"sell","timestamp":"2026-01-20T10:30:01.000000+00:00"}
	// quotes.ACME {"type":"quote","symbol":"ACME","price":12.50,"bid":12.51,"ask":12.52,"bid_size":5,"ask_size":103,"change":0.00,"change_pct":0.00,"volume":141,"timestamp":"2026-01-20T10:30:02.000000+00:00"}
}
