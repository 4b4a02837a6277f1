package demo

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
)

var opening = time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC)

// day returns n messages, one every step.
func day(t *testing.T, seed uint64, n int, step time.Duration, symbols ...Symbol) []outcry.Message {
	t.Helper()
	m, err := NewMarket(seed, symbols...)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]outcry.Message, n)
	for i := range out {
		out[i] = m.Next(opening.Add(time.Duration(i) * step))
	}
	return out
}

// tick is any message of the market, with numbers as a client reads them.
type tick struct {
	Type      string   `json:"type"`
	Symbol    string   `json:"symbol"`
	Price     float64  `json:"price"`
	Bid       *float64 `json:"bid"`
	Ask       *float64 `json:"ask"`
	BidSize   float64  `json:"bid_size"`
	ChangePct float64  `json:"change_pct"`
	Size      float64  `json:"size"`
	Side      string   `json:"side"`
	Timestamp string   `json:"timestamp"`
}

func decode(t *testing.T, m outcry.Message) tick {
	t.Helper()
	var v tick
	if err := json.Unmarshal([]byte(m.Object), &v); err != nil {
		t.Fatalf("message %s: %v", m.Object, err)
	}
	return v
}

func TestMarketIsDeterministic(t *testing.T) {
	first := day(t, 7, 500, 10*time.Millisecond)
	second := day(t, 7, 500, 10*time.Millisecond)
	other := day(t, 8, 500, 10*time.Millisecond)
	objects := func(ms []outcry.Message) []string {
		out := make([]string, len(ms))
		for i, m := range ms {
			out[i] = m.Channel + " " + m.Key + " " + string(m.Object)
		}
		return out
	}
	if diff := cmp.Diff(objects(first), objects(second)); diff != "" {
		t.Errorf("same seed, different market (-first +second):\n%s", diff)
	}
	if slices.Equal(objects(first), objects(other)) {
		t.Error("different seeds gave the same market")
	}
}

func TestMessagesAreSound(t *testing.T) {
	symbols := make(map[string]Symbol)
	for _, s := range Symbols() {
		symbols[s.Name] = s
	}
	kinds := make(map[string]int)
	seen := make(map[string]bool)
	for _, m := range day(t, 1, 20_000, 20*time.Millisecond) {
		v := decode(t, m)
		s, known := symbols[v.Symbol]
		if !known || m.Key != v.Symbol || m.Channel != v.Type+"s."+v.Symbol {
			t.Fatalf("channel %q, key %q, object %s", m.Channel, m.Key, m.Object)
		}
		kinds[v.Type]++
		seen[v.Symbol] = true
		checkPrice(t, s, v.Price)
		if at, err := time.Parse(time.RFC3339Nano, v.Timestamp); err != nil || !strings.HasSuffix(v.Timestamp, "+00:00") {
			t.Fatalf("timestamp %q: %v, %v", v.Timestamp, at, err)
		}
		switch {
		case v.Type == "trade" && (v.Size <= 0 || (v.Side != "buy" && v.Side != "sell")):
			t.Fatalf("trade %s", m.Object)
		case s.Lot == 0 && (v.Bid != nil || v.Ask != nil || v.Type != "quote"):
			t.Fatalf("index with a book: %s", m.Object)
		case s.Lot > 0 && v.Type == "quote":
			checkBook(t, s, v)
		}
	}
	if len(seen) != len(symbols) {
		t.Errorf("%d of %d symbols appeared", len(seen), len(symbols))
	}
	if share := float64(kinds["trade"]) / 20_000; share < 0.2 || share > 0.5 {
		t.Errorf("trades are %.0f %% of the messages", share*100)
	}
}

func checkBook(t *testing.T, s Symbol, v tick) {
	t.Helper()
	if v.Bid == nil || v.Ask == nil || *v.Bid >= *v.Ask || v.BidSize <= 0 {
		t.Fatalf("%s: book %+v", s.Name, v)
	}
	checkPrice(t, s, *v.Bid)
	checkPrice(t, s, *v.Ask)
	if want := 100 * math.Expm1(priceLimit); math.Abs(v.ChangePct) > want+1 {
		t.Fatalf("%s: change %v %%, limit %v %%", s.Name, v.ChangePct, want)
	}
}

func checkPrice(t *testing.T, s Symbol, price float64) {
	t.Helper()
	ticks := price / s.tick()
	if price <= 0 || math.Abs(ticks-math.Round(ticks)) > 1e-6 {
		t.Fatalf("%s: price %v is not a positive multiple of %v", s.Name, price, s.tick())
	}
}

func TestPennyStockStaysPositive(t *testing.T) {
	penny := Symbol{Name: "P", Open: 1, Tick: 1, Volatility: 1, Lot: 1}
	for _, m := range day(t, 3, 5000, time.Second, penny) {
		checkPrice(t, penny, decode(t, m).Price)
	}
}

// TestBursts splits an hour of one symbol into windows: most are calm, some
// move several times as much.
func TestBursts(t *testing.T) {
	s := Symbol{Name: "X", Open: 1e9, Tick: 1, Volatility: 5e-4}
	var moves []float64
	last := s.Open
	for i, m := range day(t, 5, 36_000, 100*time.Millisecond, s) {
		if i%20 == 19 {
			price := decode(t, m).Price
			moves = append(moves, math.Abs(math.Log(price/last)))
			last = price
		}
	}
	slices.Sort(moves)
	median, tail := moves[len(moves)/2], moves[len(moves)*98/100]
	// For a plain random walk this ratio is 3.4.
	if tail < 5*median {
		t.Errorf("98th percentile of moves is %.1f times the median: no bursts", tail/median)
	}
}

func TestNewMarketRefusesBadSymbols(t *testing.T) {
	good := Symbol{Name: "A", Open: 1, Tick: 1}
	tests := map[string]struct {
		change func(*Symbol)
		want   string
	}{
		"no name":         {func(s *Symbol) { s.Name = "" }, "has no name"},
		"tick":            {func(s *Symbol) { s.Tick = 0 }, "tick 0 must be positive"},
		"decimals":        {func(s *Symbol) { s.Decimals = 9 }, "decimals must be from 0 to 8"},
		"price":           {func(s *Symbol) { s.Open = 0.5 }, "opening price 0.5"},
		"price not a NaN": {func(s *Symbol) { s.Open = math.NaN() }, "opening price NaN"},
		"volatility":      {func(s *Symbol) { s.Volatility = -1 }, "volatility -1"},
		"lot":             {func(s *Symbol) { s.Lot = -1 }, "lot -1"},
		"activity":        {func(s *Symbol) { s.Activity = math.Inf(1) }, "activity +Inf"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bad := good
			test.change(&bad)
			_, err := NewMarket(0, good, bad)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := NewMarket(0, good, good); err == nil || !strings.Contains(err.Error(), `"A": listed twice`) {
		t.Errorf("doubled symbol: %v", err)
	}
}

func TestDecimal(t *testing.T) {
	tests := []struct {
		v        int64
		decimals int
		want     string
	}{
		{0, 0, "0"},
		{78_400, 0, "78400"},
		{23_140, 2, "231.40"},
		{5, 2, "0.05"},
		{-5, 2, "-0.05"},
		{-13_985, 1, "-1398.5"},
		{1, 8, "0.00000001"},
	}
	for _, test := range tests {
		if got := string(decimal(test.v, test.decimals)); got != test.want {
			t.Errorf("decimal(%d, %d) = %s, want %s", test.v, test.decimals, got, test.want)
		}
	}
}
