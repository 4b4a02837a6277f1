package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Autobahn 7: the payload of a Close frame; case 14.
func TestParseClose(t *testing.T) {
	longest := strings.Repeat("*", 123)
	type result struct {
		code   uint16
		reason string
		fails  uint16
	}
	type test struct {
		payload string
		want    result
	}
	tests := map[string]test{
		"autobahn 7.3.1 empty":          {"", result{code: 1005}},
		"autobahn 7.3.2 one byte":       {"a", result{fails: 1002}},
		"autobahn 7.3.3 code":           {"\x03\xe8", result{code: 1000}},
		"autobahn 7.3.4 reason":         {"\x03\xe8Hello World!", result{code: 1000, reason: "Hello World!"}},
		"autobahn 7.3.5 longest reason": {"\x03\xe8" + longest, result{code: 1000, reason: longest}},
		"reason in greek":               {"\x0f\xa0κόσμε", result{code: 4000, reason: "κόσμε"}},
		"autobahn 7.5.1 not UTF-8":      {"\x03\xe8κόσμε\xed\xa0\x80edited", result{fails: 1007}},
		"cut code point":                {"\x03\xe8\xe2\x82", result{fails: 1007}},
		"both wrong":                    {"\x03\xe7\xff", result{fails: 1002}},
		"1012, not UTF-8":               {"\x03\xf4\xff", result{fails: 1007}},
	}
	for _, c := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		tests[fmt.Sprintf("autobahn 7.7 code %d", c)] = test{string([]byte{byte(c >> 8), byte(c)}), result{code: c}}
	}
	for _, c := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 10000, 65535} {
		tests[fmt.Sprintf("autobahn 7.9, 7.13 code %d", c)] = test{string([]byte{byte(c >> 8), byte(c)}) + "reason", result{fails: 1002}}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got result
			var err error
			got.code, got.reason, err = ParseClose([]byte(tt.payload))
			if err != nil {
				got.fails = code(t, err)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Autobahn 7: Close frames among others; case 14.
func TestNextClose(t *testing.T) {
	bye, much := "\x03\xe8bye", strings.Repeat("*", 256<<10)
	tests := map[string]struct {
		in   []byte
		want outcome
	}{
		"autobahn 7.1.1 after text":   {stream(text("a"), frame(OpClose, true, bye)), delivers(seen{OpText, "a"}, seen{OpClose, bye})},
		"empty":                       {frame(OpClose, true, ""), delivers(seen{OpClose, ""})},
		"one byte":                    {frame(OpClose, true, "x"), delivers(seen{OpClose, "x"})},
		"autobahn 7.3.5 longest":      {frame(OpClose, true, strings.Repeat("*", 125)), delivers(seen{OpClose, strings.Repeat("*", 125)})},
		"autobahn 7.3.6 too long":     {frame(OpClose, true, strings.Repeat("*", 126)), fails(1002)},
		"autobahn 7.1.2 twice":        {stream(frame(OpClose, true, bye), frame(OpClose, true, bye)), delivers(seen{OpClose, bye})},
		"autobahn 7.1.3 then a ping":  {stream(frame(OpClose, true, bye), ping("")), delivers(seen{OpClose, bye})},
		"autobahn 7.1.5 in a message": {stream(first("a"), frame(OpClose, true, bye), last("b")), delivers(seen{OpClose, bye})},
		"autobahn 7.1.6 after much":   {stream(text(much), frame(OpClose, true, bye), ping("")), delivers(seen{OpText, much}, seen{OpClose, bye})},
		"autobahn 7.1.4 ends reading": {stream(frame(OpClose, true, bye), text("never")), delivers(seen{OpClose, bye})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { expect(t, tt.in, roomy, tt.want) })
	}
}

func TestAppendClose(t *testing.T) {
	tests := map[string]struct {
		code    uint16
		reason  string
		payload string
	}{
		"none":              {0, "", ""},
		"none with reason":  {0, "lost", ""},
		"no status":         {1005, "", ""},
		"code":              {1000, "", "\x03\xe8"},
		"reason":            {4003, "slow_consumer", "\x0f\xa3slow_consumer"},
		"longest":           {1000, strings.Repeat("x", 123), "\x03\xe8" + strings.Repeat("x", 123)},
		"cut":               {1000, strings.Repeat("x", 200), "\x03\xe8" + strings.Repeat("x", 123)},
		"cut between runes": {1000, strings.Repeat("€", 50), "\x03\xe8" + strings.Repeat("€", 41)},
		"cut before a rune": {1000, "x" + strings.Repeat("€", 50), "\x03\xe8x" + strings.Repeat("€", 40)},
		"not UTF-8":         {1000, "a\xffb", "\x03\xe8a\ufffdb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := string(AppendClose([]byte("kept"), tt.code, tt.reason))
			if want := "kept\x88" + string(rune(len(tt.payload))) + tt.payload; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCloseError(t *testing.T) {
	_, _, err := ParseClose([]byte{1})
	var ce *CloseError
	if !errors.As(err, &ce) || ce.Code != 1002 {
		t.Fatalf("got %v", err)
	}
	if got, want := err.Error(), "websocket: close code cut off (close 1002)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzClose: ParseClose reads what AppendClose wrote, and what it reads is
// echoed byte for byte.
func FuzzClose(f *testing.F) {
	f.Add(uint16(1000), "bye", []byte("\x03\xe8bye"))
	f.Add(uint16(4003), strings.Repeat("€", 50), []byte{3})
	f.Add(uint16(1005), "a\xff", []byte("\x03\xe8\xff"))
	f.Fuzz(func(t *testing.T, sent uint16, reason string, payload []byte) {
		b := AppendClose(nil, sent, reason)
		if len(b) != headSize+int(b[1]) || len(b) > headSize+ws.MaxControlFramePayloadSize {
			t.Fatalf("frame of %d bytes declares %d", len(b), b[1])
		}
		c, got, err := ParseClose(b[headSize:])
		switch {
		case err != nil && code(t, err) != 1002:
			t.Fatalf("reason %q became %q: %v", reason, b, err)
		case err == nil && c != sent && (sent != 0 || c != 1005):
			t.Fatalf("got %d, want %d", c, sent)
		case err == nil && utf8.ValidString(reason) && !strings.HasPrefix(reason, got):
			t.Fatalf("got %q of %q", got, reason)
		}
		if len(payload) > ws.MaxControlFramePayloadSize {
			return
		}
		if c, reason, err := ParseClose(payload); err == nil {
			if echo := AppendClose(nil, c, reason)[headSize:]; !bytes.Equal(echo, payload) {
				t.Fatalf("%q is echoed as %q", payload, echo)
			}
		}
	})
}
