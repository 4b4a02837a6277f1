// Package demo is a synthetic market: a dozen symbols whose prices walk at
// random, with bursts of volatility, and the quotes and trades that follow. It
// feeds demonstrations and load tests.
//
// A quote goes to the channel quotes.SYMBOL, a trade to trades.SYMBOL, and the
// key of both is the symbol. The same seed and the same moments give the same
// messages.
package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry-dev/outcry"
)

const (
	tradeShare      = 0.3  // of a symbol's messages, in calm times
	burstTradeShare = 0.5  // of them in a burst
	spreadShare     = 5e-5 // of the price, in calm times; at least one tick
)

// Market produces the messages of a set of symbols. It is not safe for
// concurrent use.
type Market struct {
	rng       *rand.Rand
	listings  []listing
	lastTrade uint64 // id
}

// listing is one symbol and its state.
type listing struct {
	Symbol
	walk
	open     int64 // in ticks, like the prices below
	bid, ask int64
	price    int64 // of the last trade
	volume   int64 // in units of 10^-LotDecimals
}

// NewMarket returns a market that is fully determined by seed. Without symbols
// it uses Symbols. The error joins all that is wrong with the symbols.
func NewMarket(seed uint64, symbols ...Symbol) (*Market, error) {
	if len(symbols) == 0 {
		symbols = Symbols()
	}
	m := &Market{
		rng:      rand.New(rand.NewPCG(seed, 0x6f757463)), //nolint:gosec // repeatable on purpose
		listings: make([]listing, len(symbols)),
	}
	var errs []error
	seen := make(map[string]bool, len(symbols))
	for i := range symbols {
		s := symbols[i]
		if err := s.validate(); err != nil {
			errs = append(errs, err)
			continue
		}
		if seen[s.Name] {
			errs = append(errs, fmt.Errorf("symbol %q: listed twice", s.Name))
		}
		seen[s.Name] = true
		if s.Activity == 0 {
			s.Activity = 1
		}
		open := int64(math.Round(s.Open / s.tick()))
		m.listings[i] = listing{Symbol: s, open: open, bid: open, ask: open + 1, price: open}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// Next returns the message of the moment at, which must not be earlier than
// that of the call before.
func (m *Market) Next(at time.Time) outcry.Message {
	l := m.pick()
	if l.at.IsZero() {
		l.start(at, m.rng)
	}
	l.step(at, l.Volatility, m.rng)
	l.requote(m.rng)
	share := tradeShare
	if l.bursting() {
		share = burstTradeShare
	}
	if l.Lot == 0 || m.rng.Float64() >= share {
		return l.message("quotes.", m.quote(l, at))
	}
	return l.message("trades.", m.trade(l, at))
}

// pick draws a symbol: a busier one more often, and more often yet while it
// has a burst.
func (m *Market) pick() *listing {
	total := 0.0
	for i := range m.listings {
		total += m.listings[i].weight()
	}
	at := m.rng.Float64() * total
	for i := range m.listings {
		if at -= m.listings[i].weight(); at < 0 {
			return &m.listings[i]
		}
	}
	return &m.listings[len(m.listings)-1]
}

func (l *listing) weight() float64 { return l.Activity * math.Sqrt(max(l.heat, 1)) }

// requote lays the best bid and ask around the walk.
func (l *listing) requote(rng *rand.Rand) {
	middle := float64(l.open) * math.Exp(l.departure)
	if l.Lot == 0 {
		l.price = max(int64(math.Round(middle)), 1)
		return
	}
	width := max(int64(math.Round(middle*spreadShare*max(l.heat, 1))), 1)
	if l.bursting() {
		width += rng.Int64N(2)
	}
	l.bid = max(int64(math.Floor(middle-float64(width-1)/2)), 1)
	l.ask = l.bid + width
}

// quote is the message of a change of the best prices. An index has no book.
type quote struct {
	Type      string         `json:"type"`
	Symbol    string         `json:"symbol"`
	Price     jsontext.Value `json:"price"`
	Bid       jsontext.Value `json:"bid,omitempty"`
	Ask       jsontext.Value `json:"ask,omitempty"`
	BidSize   jsontext.Value `json:"bid_size,omitempty"`
	AskSize   jsontext.Value `json:"ask_size,omitempty"`
	Change    jsontext.Value `json:"change"`
	ChangePct jsontext.Value `json:"change_pct"`
	Volume    jsontext.Value `json:"volume,omitempty"`
	Timestamp string         `json:"timestamp"`
}

func (m *Market) quote(l *listing, at time.Time) *quote {
	change := l.price - l.open
	q := &quote{
		Type:      "quote",
		Symbol:    l.Name,
		Price:     l.money(l.price),
		Change:    l.money(change),
		ChangePct: decimal(int64(math.Round(float64(change)/float64(l.open)*1e4)), 2),
		Timestamp: timestamp(at),
	}
	if l.Lot > 0 {
		q.Bid, q.BidSize = l.money(l.bid), decimal(l.size(m.rng), l.LotDecimals)
		q.Ask, q.AskSize = l.money(l.ask), decimal(l.size(m.rng), l.LotDecimals)
		q.Volume = decimal(l.volume, l.LotDecimals)
	}
	return q
}

// trade is the message of a deal. Side is the side that took the price.
type trade struct {
	Type      string         `json:"type"`
	Symbol    string         `json:"symbol"`
	TradeID   uint64         `json:"trade_id"`
	Price     jsontext.Value `json:"price"`
	Size      jsontext.Value `json:"size"`
	Side      string         `json:"side"`
	Timestamp string         `json:"timestamp"`
}

func (m *Market) trade(l *listing, at time.Time) *trade {
	side := "buy"
	l.price = l.ask
	if m.rng.Uint64()&1 == 0 {
		side = "sell"
		l.price = l.bid
	}
	size := l.size(m.rng)
	l.volume = min(l.volume+size, maxVolume)
	m.lastTrade++
	return &trade{
		Type:      "trade",
		Symbol:    l.Name,
		TradeID:   m.lastTrade,
		Price:     l.money(l.price),
		Size:      decimal(size, l.LotDecimals),
		Side:      side,
		Timestamp: timestamp(at),
	}
}

// maxVolume keeps a sum of sizes exact for readers whose numbers are float64.
const maxVolume = 1<<53 - 1

// message wraps a quote or trade, whose fields always marshal.
func (l *listing) message(channel string, object any) outcry.Message {
	raw, err := jsonv2.Marshal(object)
	if err != nil {
		panic(fmt.Sprintf("demo: message of %s: %v", l.Name, err))
	}
	return outcry.Message{Channel: channel + l.Name, Object: json.RawMessage(raw), Key: l.Name}
}

// size draws an order size around the symbol's lot: most are near it, a few
// much larger.
func (l *listing) size(rng *rand.Rand) int64 {
	return max(int64(math.Round(float64(l.Lot)*math.Exp(min(rng.NormFloat64(), 4)))), 1)
}

// money writes a price given in ticks.
func (l *listing) money(ticks int64) jsontext.Value { return decimal(ticks*l.Tick, l.Decimals) }

// decimal writes v·10^-decimals with all its decimals, exactly.
func decimal(v int64, decimals int) jsontext.Value {
	b := make([]byte, 0, 24)
	if v < 0 {
		b = append(b, '-')
		v = -v
	}
	scale := int64(1)
	for range decimals {
		scale *= 10
	}
	b = strconv.AppendInt(b, v/scale, 10)
	if decimals == 0 {
		return b
	}
	point := len(b)
	b = strconv.AppendInt(b, scale+v%scale, 10) // the 1 in front keeps leading zeros
	b[point] = '.'
	return b
}

func timestamp(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}
