package demo

import (
	"errors"
	"fmt"
	"math"
)

// Symbol describes one instrument of a market.
type Symbol struct {
	// Name is the last segment of the symbol's channels.
	Name string
	// Open is the opening price, rounded to the tick.
	Open float64
	// Tick is the smallest price step, in units of 10^-Decimals.
	Tick     int64
	Decimals int
	// Volatility is the standard deviation of the logarithm of the price per
	// square root of a second, in calm times.
	Volatility float64
	// Lot is the median size of an order, in units of 10^-LotDecimals. Zero
	// makes the symbol an index: it has a price, but no book and no trades.
	Lot         int64
	LotDecimals int
	// Activity is the symbol's share of the messages relative to the others.
	// Zero means 1.
	Activity float64
}

// Symbols returns the market that is used where Options names none: shares of
// Seoul and New York, crypto pairs, a currency and an index.
func Symbols() []Symbol {
	return []Symbol{
		{Name: "005930", Open: 78_400, Tick: 100, Volatility: 5e-4, Lot: 40, Activity: 2},
		{Name: "000660", Open: 214_500, Tick: 500, Volatility: 7e-4, Lot: 15, Activity: 1.5},
		{Name: "035420", Open: 198_300, Tick: 100, Volatility: 5e-4, Lot: 12},
		{Name: "005380", Open: 251_000, Tick: 500, Volatility: 4e-4, Lot: 10},
		{Name: "AAPL", Open: 231.4, Tick: 1, Decimals: 2, Volatility: 4e-4, Lot: 100, Activity: 1.5},
		{Name: "TSLA", Open: 342.1, Tick: 1, Decimals: 2, Volatility: 8e-4, Lot: 60, Activity: 2},
		{Name: "NVDA", Open: 141.9, Tick: 1, Decimals: 2, Volatility: 7e-4, Lot: 120, Activity: 2},
		{Name: "MSFT", Open: 417.3, Tick: 1, Decimals: 2, Volatility: 4e-4, Lot: 50},
		{Name: "AMZN", Open: 201.6, Tick: 1, Decimals: 2, Volatility: 5e-4, Lot: 70},
		{Name: "BTC-KRW", Open: 136_420_000, Tick: 1000, Volatility: 6e-4, Lot: 180, LotDecimals: 4, Activity: 2},
		{Name: "ETH-KRW", Open: 4_712_000, Tick: 1000, Volatility: 7e-4, Lot: 2400, LotDecimals: 4, Activity: 1.5},
		{Name: "BTC-USD", Open: 97_310, Tick: 1, Decimals: 2, Volatility: 6e-4, Lot: 220, LotDecimals: 4, Activity: 2},
		{Name: "ETH-USD", Open: 3362.4, Tick: 1, Decimals: 2, Volatility: 7e-4, Lot: 3100, LotDecimals: 4},
		{Name: "USD-KRW", Open: 1398.5, Tick: 1, Decimals: 1, Volatility: 1e-4, Lot: 50_000},
		{Name: "KOSPI", Open: 2487.35, Tick: 1, Decimals: 2, Volatility: 2e-4},
	}
}

// validate reports every error of s, joined.
func (s *Symbol) validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("symbol %q: "+format, append([]any{s.Name}, args...)...))
	}
	if s.Name == "" {
		refuse("has no name")
	}
	if s.Decimals < 0 || s.Decimals > maxDecimals || s.LotDecimals < 0 || s.LotDecimals > maxDecimals {
		refuse("decimals must be from 0 to %d", maxDecimals)
		return errors.Join(errs...)
	}
	if s.Tick <= 0 {
		refuse("tick %d must be positive", s.Tick)
		return errors.Join(errs...)
	}
	if ticks := s.Open / s.tick(); !(ticks >= 1 && ticks <= maxTicks) {
		refuse("opening price %v must be from 1 to %g ticks of %v", s.Open, float64(maxTicks), s.tick())
	}
	if !(s.Volatility >= 0 && s.Volatility <= 1) {
		refuse("volatility %v must be from 0 to 1", s.Volatility)
	}
	if s.Lot < 0 {
		refuse("lot %d must not be negative", s.Lot)
	}
	if !(s.Activity >= 0) || math.IsInf(s.Activity, 1) {
		refuse("activity %v must be finite and not negative", s.Activity)
	}
	return errors.Join(errs...)
}

// Bounds that keep prices and volumes exact in an int64 and a float64.
const (
	maxDecimals = 8
	maxTicks    = 1e12
)

// tick is the smallest price step.
func (s *Symbol) tick() float64 { return float64(s.Tick) / math.Pow10(s.Decimals) }
