package protocol

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func BenchmarkDecodeCommand(b *testing.B) {
	for _, bench := range []struct{ name, text string }{
		{"ping", `{"type":"ping","timestamp":1768905000123}`},
		{"subscribe", `{"type":"subscribe","channel":"quotes.AAPL","id":7}`},
		{"publish", `{"type":"publish","channel":"quotes.AAPL","data":{"symbol":"AAPL","price":187.42,"size":100,"side":"buy"},"id":"a1"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			text := []byte(bench.text)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			var c Command
			for b.Loop() {
				if err := c.Decode(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSubscribe(b *testing.B) {
	c, err := DecodeCommand([]byte(`{"type":"subscribe","channel":"quotes.AAPL","id":7}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Subscribe(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	m := Pong{Timestamp: time.Unix(1768905000, 123456000), ClientTimestamp: jsontext.Value("1768905000123"), ID: jsontext.Value("7")}
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendJSON(buf[:0])
	}
}

func BenchmarkAppendPublication(b *testing.B) {
	for _, bench := range []struct {
		name string
		p    Publication
	}{
		{"object", Publication{Channel: "quotes.AAPL", Object: jsontext.Value(`{"type":"quote","symbol":"AAPL","bid":187.41,"ask":187.43,"size":100}`)}},
		{"data", Publication{Channel: "quotes.AAPL", Data: jsontext.Value(`{"symbol":"AAPL","bid":187.41,"ask":187.43,"size":100}`)}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			bench.p.Timestamp = time.Unix(1768905000, 123456000)
			buf := make([]byte, 0, 512)
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if buf, err = AppendPublication(buf[:0], &bench.p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheckChannel(b *testing.B) {
	for _, bench := range []struct{ name, channel string }{
		{"ascii", "quotes.AAPL"},
		{"korean", "시세.삼성전자"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := CheckChannel(bench.channel); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
