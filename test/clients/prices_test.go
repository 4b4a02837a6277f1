package clients

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"
)

// priceFile holds monthly prices of five stocks, from an npm package.
const priceFile = "node_modules/vega-datasets/data/stocks.csv"

// symbol is the stock that the clients follow. The page does not ask for it by
// itself.
const symbol = "IBM"

// prices reads the prices of symbol in the order of time.
func prices(t *testing.T) []float64 {
	t.Helper()
	f, err := os.Open(priceFile)
	if err != nil {
		t.Fatalf("%v (make test installs it)", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []float64
	var last time.Time
	for _, row := range rows[1:] { // symbol, date, price
		if row[0] != symbol {
			continue
		}
		at, err := time.Parse("Jan 2 2006", row[1])
		if err != nil || !at.After(last) {
			t.Fatalf("%v: not in order of time (%v)", row, err)
		}
		price, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		list, last = append(list, price), at
	}
	if len(list) < 100 {
		t.Fatalf("%s has only %d prices of %s", priceFile, len(list), symbol)
	}
	return list
}
