package result

import "fmt"

// Growth compares the means of the last third of the samples with those of the
// first, and says what has grown: nothing, if the process keeps its size. Memory
// may differ by a twentieth and 4 MiB, the rest by a hundredth and 20.
func Growth(samples []Sample) []string {
	third := len(samples) / 3
	if third == 0 {
		return []string{fmt.Sprintf("%d samples show no growth", len(samples))}
	}
	first, last := samples[:third], samples[len(samples)-third:]
	var grown []string
	for _, k := range []struct {
		what        string
		of          func(*Sample) float64
		part, slack float64
	}{
		{"bytes of resident memory", func(s *Sample) float64 { return float64(s.Resident) }, 0.05, 4 << 20},
		{"bytes of heap", func(s *Sample) float64 { return float64(s.Heap) }, 0.05, 4 << 20},
		{"descriptors", func(s *Sample) float64 { return float64(s.Descriptors) }, 0.01, 20},
		{"goroutines", func(s *Sample) float64 { return float64(s.Goroutines) }, 0.01, 20},
	} {
		a, b := mean(first, k.of), mean(last, k.of)
		if b > a*(1+k.part)+k.slack {
			grown = append(grown, fmt.Sprintf("%s have grown from %.0f to %.0f", k.what, a, b))
		}
	}
	return grown
}

func mean(samples []Sample, of func(*Sample) float64) float64 {
	sum := 0.0
	for i := range samples {
		sum += of(&samples[i])
	}
	return sum / float64(len(samples))
}
