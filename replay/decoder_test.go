package replay

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// decoded is all that a decoder gave, as text.
func decoded(t *testing.T, in string, opts Options) []string {
	t.Helper()
	d, err := newDecoder(strings.NewReader(in), "f", opts)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		tick, _, err := d.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		out = append(out, tick.Channel+" "+tick.Key+" "+string(tick.Object))
	}
}

// stamp ends the object of every tick of these tests.
const stamp = `"timestamp":"2026-01-20T00:00:00.000000+00:00"}`

type decoderTest struct {
	name string
	opts Options
	in   string
	want []string
}

func (tt decoderTest) run(t *testing.T) {
	if diff := cmp.Diff(tt.want, decoded(t, tt.in, tt.opts)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCSV(t *testing.T) {
	tests := []decoderTest{
		{
			"usual header",
			Options{},
			"symbol,date,price,size,venue\nAAPL,2026-01-20,271.5,100,NASDAQ\n005930,20260120,81000,,KRX\n",
			[]string{
				`quotes.AAPL AAPL {"type":"quote","symbol":"AAPL","price":271.5,"size":100,"venue":"NASDAQ",` + stamp,
				`quotes.005930 005930 {"type":"quote","symbol":"005930","price":81000,"venue":"KRX",` + stamp,
			},
		},
		{
			"byte order mark, carriage returns, blank lines",
			Options{},
			"\ufeffTicker;Timestamp;Close\r\n\r\nBTC-KRW;2026-01-20;1\r\n",
			[]string{`quotes.BTC-KRW BTC-KRW {"type":"quote","symbol":"BTC-KRW","price":1,` + stamp},
		},
		{
			"date and time",
			Options{},
			"symbol,date,time,price\nA,2026-01-20,00:00:00,1\n",
			[]string{`quotes.A A {"type":"quote","symbol":"A","price":1,` + stamp},
		},
		{
			"named columns and channel",
			Options{
				TimeColumn: "t", SymbolColumn: "s", PriceColumn: "p", Channel: "{venue}.trades.{symbol}", Type: "trade",
			},
			"t,s,p,venue,ok\n1768867200,A,1e-3,\"N,Y\",true\n1768867200,A,1,NY,true\n",
			[]string{
				`f:2: channel name has ',' in it; allowed are letters and digits of any script and . _ : / @ -`,
				`NY.trades.A A {"type":"trade","symbol":"A","price":1,"venue":"NY","ok":true,` + stamp,
			},
		},
		{
			"own type and channel",
			Options{},
			"type,channel,timestamp,v\ntrade,a.b,2026-01-20,x\n,a.b,2026-01-20,1\n",
			[]string{`a.b  {"type":"trade","v":"x",` + stamp, `a.b  {"type":"quote","v":1,` + stamp},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestLines(t *testing.T) {
	tests := []decoderTest{
		{
			"bad lines",
			Options{},
			"symbol,date,price\nA,2026-01-20,1\nA,2026-01-20\nA,yesterday,1\nA,2026-01-20,one\nA,2026-01-20,\n,2026-01-20,1\nA,\"2026-01-20,1\n" +
				"A B,2026-01-20,1\nA,2026-01-20,1,2\nA\xff,2026-01-20,1\nA,2026-01-20,01\nA,2026-01-20,NaN\nB,2026-01-20,2",
			[]string{
				`quotes.A A {"type":"quote","symbol":"A","price":1,` + stamp,
				`f:3: 2 columns where the header has 3`,
				`f:4: time "yesterday" is not readable`,
				`f:5: price "one" is not a number`,
				`f:6: price "" is not a number`,
				`f:7: no symbol for the channel name`,
				`f:8: column 16: extraneous or missing " in quoted-field`,
				`f:9: channel name has ' ' in it; allowed are letters and digits of any script and . _ : / @ -`,
				`f:10: 4 columns where the header has 3`,
				`f:11: symbol: invalid UTF-8`,
				`f:12: price "01" is not a number`,
				`f:13: price "NaN" is not a number`,
				`quotes.B B {"type":"quote","symbol":"B","price":2,` + stamp,
			},
		},
		{
			"ndjson",
			Options{},
			`{"symbol":"A","timestamp":"2026-01-20T00:00:00Z","price":1.50, "book": {"bid": [1, 2]}}` + "\n" +
				`{"type":"message","channel":"c.d","data":{"a":1},"timestamp":"2026-01-20","seq":7}` + "\n" +
				`{"code":5930,"ts":1768867200000,"price":1}` + "\n",
			[]string{
				`quotes.A A {"type":"quote","symbol":"A","price":1.50,"book":{"bid": [1, 2]},` + stamp,
				`c.d  {"type":"message","data":{"a":1},"seq":7,` + stamp,
				`quotes.5930 5930 {"type":"quote","symbol":"5930","price":1,` + stamp,
			},
		},
		{
			"bad ndjson",
			Options{},
			`{"symbol":"A","price":1}` + "\n" + `{"symbol":"A","timestamp":"2026-01-20","price":"1"}` + "\n" + `[1]` + "\n" +
				`{"symbol":"A",` + "\n" + `{"symbol":"A","symbol":"B","timestamp":"2026-01-20"}` + "\n" +
				`{"timestamp":"2026-01-20"}{}` + "\n" + `{"type":"heartbeat","timestamp":"2026-01-20"}` + "\n" +
				"{\"symbol\":\"\xff\",\"timestamp\":\"2026-01-20\"}\n" + `{}` + "\n" +
				`{"channel":"c","type":{},"ts":1}`,
			[]string{
				`f:1: no time among symbol, price: name it with the time column option`,
				`f:2: price "1" is not a number`,
				`f:3: not a JSON object`,
				`f:4: not valid JSON at byte 15: unexpected EOF`,
				`f:5: not valid JSON at byte 15: duplicate object member name`,
				`f:6: more than one JSON value on the line`,
				`f:7: no symbol for the channel name`,
				`f:8: not valid JSON at byte 12: invalid UTF-8`,
				`f:9: no time: the object is empty`,
				`f:10: type is not a string`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestDecoderRefusesFile(t *testing.T) {
	tests := []struct {
		name, in string
		opts     Options
		want     string
	}{
		{"empty", "", Options{}, "f: the file is empty"},
		{"blank", "\n\n", Options{}, "f: the file is empty"},
		{"gzip", "\x1f\x8b\x08", Options{}, "f: the file is compressed; unpack it first: zcat FILE | outcry replay -"},
		{"array", "[{}]", Options{}, "f: the file is a JSON array; one object per line is needed, as jq -c '.[]' FILE makes"},
		{"no time", "symbol,price\n", Options{}, "f: header: no time among symbol, price: name it with the time column option"},
		{"no such column", "symbol,date\n", Options{PriceColumn: "px"}, `f: header: no column "px" among symbol, date`},
		{"doubled column", "date,a,a\n", Options{}, `f: header: column "a" appears twice`},
		{"bad template", "date\n", Options{Channel: "a.{b"}, `channel "a.{b": { without a column name and }`},
		{"bad quote", "date,\"a\n", Options{}, `f: header: column 8: extraneous or missing " in quoted-field`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newDecoder(strings.NewReader(tt.in), "f", tt.opts)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// A line of any length costs one buffer, and only itself.
func TestLongLine(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	got := decoded(t, "symbol,date\n"+long+"\nA,2026-01-20\n"+long, Options{})
	want := []string{
		"f:2: line is longer than 262144 bytes",
		`quotes.A A {"type":"quote","symbol":"A","timestamp":"2026-01-20T00:00:00.000000+00:00"}`,
		"f:4: line is longer than 262144 bytes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("symbol,date,price\nMSFT,Jan 1 2000,39.81\n"))
	f.Add([]byte("date;type;channel;p\n2000-01-01;\"a;b\";c;\n"))
	f.Add([]byte("\xef\xbb\xbfts\tsymbol\n1\t\"\n"))
	f.Add([]byte("a\x00,ts\r\n\"\"\"\",1e9"))
	f.Fuzz(checkDecoder)
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte(`{"symbol":"A","timestamp":1768867200,"price":1.5}`))
	f.Add([]byte(`{"channel":"c","ts":"2000-01-01","type":{"a":[]},"\u0074s":1}` + "\n{}"))
	f.Add([]byte("{\"code\":1e400,\"date\":20000101}\n{"))
	f.Fuzz(checkDecoder)
}

// checkDecoder holds every tick of any input to what the server requires.
func checkDecoder(t *testing.T, in []byte) {
	d, err := newDecoder(bytes.NewReader(in), "f", Options{})
	if err != nil {
		return
	}
	for range 1 + bytes.Count(in, []byte("\n")) {
		tick, _, err := d.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if _, ok := errors.AsType[*LineError](err); ok {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := protocol.CheckChannel(tick.Channel); err != nil {
			t.Fatalf("channel %q: %v", tick.Channel, err)
		}
		var object struct {
			Type      jsontext.Value `json:"type"`
			Timestamp time.Time      `json:"timestamp"`
		}
		if err := json.Unmarshal([]byte(tick.Object), &object); err != nil {
			t.Fatalf("object %s: %v", tick.Object, err)
		}
		if object.Type == nil || !object.Timestamp.Equal(tick.Time.Truncate(time.Microsecond)) {
			t.Fatalf("object %s of time %s", tick.Object, tick.Time)
		}
	}
	if _, _, err := d.next(); !errors.Is(err, io.EOF) {
		t.Fatalf("more ticks than lines: %v", err)
	}
}
