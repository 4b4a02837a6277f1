package scenario

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/outcry-dev/outcry/bench/result"
)

// ranks are the percentiles that are kept.
var ranks = []float64{1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100}

// keep keeps the distribution of latencies in a unit.
func (s *Site) keep(h *hdrhistogram.Histogram, unit time.Duration) {
	s.latency = nil
	for _, rank := range ranks {
		s.latency = append(s.latency, result.Percentile{Rank: rank, Value: at(h, rank, unit)})
	}
}

// at is a percentile in a unit.
func at(h *hdrhistogram.Histogram, rank float64, unit time.Duration) float64 {
	return float64(h.ValueAtPercentile(rank)) / float64(unit)
}
