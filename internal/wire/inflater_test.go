package wire

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packed is what a client sends of a compressed payload, made by the standard
// library at a level from -2 to 9.
func packed(t testing.TB, payload string, level int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), deflateTail)
}

// zipped is a compressed message in one frame.
func zipped(op Opcode, sent string) []byte { return reserved(rsv1>>4, frame(op, true, sent)) }

// noise is n bytes that cannot be compressed.
func noise(n int) string {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = r.Read(b)
	return string(b)
}

// unpacked is what the standard library makes of a compressed message. ok is
// false if its blocks are not those of a message, the last one an empty stored
// one that lacks deflateTail: so that with a stored block of one byte in that
// place just this byte is added.
func unpacked(sent string) (payload string, ok bool) {
	if sent == "" {
		return "", true
	}
	payload, ok = blocks(sent + deflateTail + finalBlock)
	more, also := blocks(sent + "\x01\x00\xfe\xffx" + finalBlock)
	return payload, ok && also && more == payload+"x"
}

// blocks inflates streams that follow each other.
func blocks(in string) (string, bool) {
	var out strings.Builder
	for r := strings.NewReader(in); r.Len() > 0; {
		if _, err := io.Copy(&out, flate.NewReader(r)); err != nil {
			return "", false
		}
	}
	return out.String(), true
}

// The examples of RFC 7692 section 7.2.3, and what may be made of them. Case
// 23: what is not sound is refused.
func TestInflate(t *testing.T) {
	const (
		fixed  = "\xf2\x48\xcd\xc9\xc9\x07\x00"       // 7.2.3.1
		stored = "\x00\x05\x00\xfa\xffHello\x00"      // 7.2.3.3
		final  = "\xf3\x48\xcd\xc9\xc9\x07\x00"       // 7.2.3.4, but for its last byte
		two    = "\xf2\x48\x05\x00\x00\x00\xff\xff" + // 7.2.3.5, "He"
			"\xca\xc9\xc9\x07\x00" // "llo"
		again = "\xf2\x00\x11\x00\x00" // 7.2.3.2, "Hello" out of the message before
	)
	hello := delivers(seen{OpText, "Hello"})
	empty := delivers(seen{OpText, ""})
	tests := map[string]struct {
		sent string
		want outcome
	}{
		"7.2.3.1 fixed code":        {fixed, hello},
		"7.2.3.3 stored":            {stored, hello},
		"7.2.3.4 BFINAL":            {final + "\x00", hello},
		"7.2.3.5 two blocks":        {two, hello},
		"7.2.3.6 empty":             {"\x00", empty},
		"empty, no block at all":    {"", empty},
		"empty, fixed code":         {"\x02\x00", empty},
		"empty blocks":              {strings.Repeat("\x00\x00\x00\xff\xff", 10) + "\x00", empty},
		"7.2.3.2 previous window":   {again, fails(1007)},
		"BFINAL twice":              {final + final + "\x00", delivers(seen{OpText, "HelloHello"})},
		"BFINAL, then fixed code":   {final + fixed, delivers(seen{OpText, "HelloHello"})},
		"BFINAL, empty":             {"\x03\x00\x00", empty},
		"BFINAL, many":              {strings.Repeat("\x03\x00", 500) + "\x00", empty},
		"BFINAL of a closed writer": {fixed[:len(fixed)-1] + "\x04", hello}, // cut as if it had been flushed
		"BFINAL, then one more":     {fixed[:len(fixed)-1] + "\x04" + deflateTail + "\x00", hello},
		"BFINAL, stored, no data":   {"\x01", empty},
		"BFINAL, nothing more":      {final, fails(1007)},
		"BFINAL, garbage":           {final + "garbage", fails(1007)},
		"BFINAL, previous window":   {final + again, fails(1007)},
		"BFINAL, tail sent too":     {final + "\x00\x00\x00\xff\xff", fails(1007)},
		"tail sent too":             {fixed + deflateTail, fails(1007)},
		"garbage":                   {"garbage", fails(1007)},
		"garbage at the end":        {fixed + "garbage", fails(1007)},
		"zero bytes":                {strings.Repeat("\x00", 100), fails(1007)},
		"reserved block":            {"\x06", fails(1007)},
		"stored, wrong length":      {"\x00\x05\x00\xfa\xfeHello\x00", fails(1007)},
		"stored, cut off":           {"\x00\x09\x00\xf6\xffHello", fails(1007)},
		"stored, BFINAL, cut off":   {"\x01\x09\x00\xf6\xffHello", fails(1007)},
		"stored, cut off in a tail": {"\x00\x0e\x00\xf1\xffHello", fails(1007)},
		"stored, long, cut off":     {"\x00\xff\xff\x00\x00Hello", fails(1007)},
		"no code at all":            {"\x04\xc0\x01\x00\x00\x00", fails(1007)},
		"distance beyond the start": {"\x4b\x04\x42\x00", fails(1007)},
		"gzip":                      {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xf2\x48\xcd\xc9\xc9\x07\x00", fails(1007)},
		"zlib":                      {"\x78\x9c" + fixed, fails(1007)},
		"greek":                     {packed(t, kosme, 9), delivers(seen{OpText, kosme})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, zipped(OpText, tt.sent), deflating(roomy), tt.want)
			if len(tt.sent) < roomy.Fragments {
				expect(t, reserved(rsv1>>4, fragments(OpText, tt.sent, 1)), deflating(roomy), tt.want)
			}
			if _, ok := unpacked(tt.sent); ok != (tt.want.Code == 0) {
				t.Errorf("the standard library disagrees: %v", ok)
			}
		})
	}
	t.Run("not UTF-8", func(t *testing.T) {
		for _, s := range []string{"Hello\xff", kosme + "\xed\xa0\x80edited", "\xe2\x82", deflateTail} {
			expect(t, zipped(OpText, packed(t, s, flate.BestSpeed)), deflating(roomy), fails(1007))
			expect(t, zipped(OpBinary, packed(t, s, flate.BestSpeed)), deflating(roomy), delivers(seen{OpBinary, s}))
		}
	})
	t.Run("binary, ends like a tail", func(t *testing.T) {
		expect(t, zipped(OpBinary, "\x00\x04\x00\xfb\xff\x00\x00\xff\xff\x00"), deflating(roomy), delivers(seen{OpBinary, deflateTail}))
		expect(t, zipped(OpBinary, packed(t, deflateTail, 0)), deflating(roomy), delivers(seen{OpBinary, deflateTail}))
	})
}

// A message that is cut off anywhere is refused; case 23. A stored block may
// look like the empty message after its first byte.
func TestInflateCutOff(t *testing.T) {
	json := strings.Repeat(`{"bid":1.2345,"ask":1.2346},`, 20)
	z := NewInflater()
	for name, sent := range map[string]string{
		"stored":       packed(t, noise(300), flate.NoCompression),
		"fixed code":   packed(t, "Hello", flate.BestSpeed),
		"dynamic code": packed(t, json, flate.BestCompression),
		"huffman":      packed(t, json, flate.HuffmanOnly),
		"two windows":  packed(t, noise(40<<10)+json, flate.BestSpeed),
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; n < len(sent); n += 1 + n/1000 {
				payload, err := z.inflate([]byte(sent[:n]), 1<<20)
				if err == nil && (sent[:n] != "\x00" || len(payload) > 0) {
					t.Errorf("the first %d bytes are a message of %d", n, len(payload))
				} else if err != nil && code(t, err) != 1007 {
					t.Errorf("the first %d bytes: %v", n, err)
				}
			}
		})
	}
}

// Exactly the limit is accepted, one byte more is not, however it is sent; case
// 22.
func TestInflateLimit(t *testing.T) {
	most := noise(100_000)
	for _, n := range []int{0, 1, 100, 4095, 4096, 4097, 32768, 65535, 65536, 65537, 100_000 - 1} {
		for name, payload := range map[string]string{"zeros": strings.Repeat("\x00", n+1), "noise": most[:n+1]} {
			for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
				t.Run(fmt.Sprintf("%d of %s at level %d", n, name, level), func(t *testing.T) {
					lim := deflating(Limits{MessageSize: n, Fragments: 1 << 20})
					for _, size := range []int{1 << 20, 1000} {
						cut := func(payload string) []byte {
							return reserved(rsv1>>4, fragments(OpBinary, packed(t, payload, level), size))
						}
						read := func() int { return 64 << 10 }
						want := delivers(seen{OpBinary, payload[:n]})
						if got := feed(t, cut(payload[:n]), lim, read); !cmp.Equal(want, got) {
							t.Errorf("got %d messages and code %d", len(got.Messages), got.Code)
						}
						if got := feed(t, cut(payload), lim, read); !cmp.Equal(fails(1009), got) {
							t.Errorf("one over: got %d messages and code %d", len(got.Messages), got.Code)
						}
					}
				})
			}
		}
	}
	t.Run("no limit", func(t *testing.T) {
		lim := deflating(Limits{MessageSize: math.MaxInt, Fragments: 1})
		expect(t, zipped(OpText, packed(t, "Hello", 1)), lim, delivers(seen{OpText, "Hello"}))
	})
	t.Run("negative", func(t *testing.T) {
		lim := deflating(Limits{MessageSize: -1})
		expect(t, stream(zipped(OpText, "\x00"), zipped(OpText, packed(t, "1", 1))), lim, fails(1009, seen{OpText, ""}))
	})
}

// counted counts what is taken from a decompressor.
type counted struct {
	decompressor
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.decompressor.Read(p)
	c.n += n
	return n, err
}

// bomb is a message of size bytes that inflates to n MiB.
func bomb(t testing.TB, n, size int) string {
	t.Helper()
	mib := packed(t, strings.Repeat("a", 1<<20), flate.BestCompression) + deflateTail
	b := strings.Repeat(mib, n)
	return b + strings.Repeat("\x00"+deflateTail, max(0, size-len(b))/5) + "\x00"
}

// Case 22: a bomb is noticed with the first byte over the limit, and costs no
// memory beyond it.
func TestInflateBomb(t *testing.T) {
	for _, tt := range []struct{ mib, size, limit int }{
		{1, 1 << 10, 64 << 10},
		{60, 64 << 10, 64 << 10},
		{80, 90 << 10, 1 << 20},
		{1 << 10, 1200 << 10, 4 << 20},
		{8, 8 << 10, 8<<20 - 1},
	} {
		t.Run(fmt.Sprintf("%d MiB with a limit of %d", tt.mib, tt.limit), func(t *testing.T) {
			sent := bomb(t, tt.mib, tt.size)
			lim := deflating(Limits{MessageSize: tt.limit, Fragments: 1 << 20})
			spy := &counted{decompressor: lim.Inflater.from}
			lim.Inflater.from = spy
			in := zipped(OpText, sent)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var a *Assembly
			_, _, err := Next(&a, in, lim)
			runtime.ReadMemStats(&after)
			if got := code(t, err); got != 1009 {
				t.Errorf("got %d, want 1009", got)
			}
			if spy.n != tt.limit+1 {
				t.Errorf("inflated %d bytes, want %d", spy.n, tt.limit+1)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > uint64(4*tt.limit+2*len(in)) {
				t.Errorf("allocated %d bytes", n)
			}
			if n := cap(lim.Inflater.out) + cap(lim.Inflater.raw); n > 2*keptInflated {
				t.Errorf("kept %d bytes", n)
			}
			// The next message is inflated as if nothing had been.
			expectAsIs(t, zipped(OpText, packed(t, "Hello", 1)), lim, delivers(seen{OpText, "Hello"}))
		})
	}
}

// Case 23: connections that share an Inflater see nothing of each other, and
// neither do messages of one.
func TestInflaterIsolation(t *testing.T) {
	lim := deflating(roomy)
	secret := strings.Repeat("secret ", 1000)
	next := func(in []byte) (Message, error) {
		var a *Assembly
		m, _, err := Next(&a, in, lim)
		return m, err
	}
	refers := map[string]string{
		"behind a literal": "\x4b\x04\x42\x00",                 // "a", then 3 bytes from a distance of 3
		"at once":          "\xf2\x00\x11\x00\x00",             // RFC 7692 section 7.2.3.2
		"after BFINAL":     "\x03\x00\xf2\x00\x11\x00\x00",     // a new stream
		"stored, longer":   "\x00\xff\x7f\x00\x80" + "only 9!", // 32767 bytes announced
	}
	for name, sent := range refers {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				m, err := next(zipped(OpText, packed(t, secret, 6)))
				if err != nil || string(m.Payload) != secret {
					t.Fatalf("got %.20q, %v", m.Payload, err)
				}
				if m, err := next(zipped(OpBinary, sent)); err == nil || code(t, err) != 1007 {
					t.Errorf("got %.20q, want 1007", m.Payload)
				}
			}
		})
	}
	t.Run("behind the payload", func(t *testing.T) {
		if _, err := next(zipped(OpText, packed(t, secret, 6))); err != nil {
			t.Fatal(err)
		}
		m, err := next(zipped(OpText, packed(t, "short", 6)))
		if err != nil || len(m.Payload) != cap(m.Payload) {
			t.Errorf("%q with a capacity of %d, %v", m.Payload, cap(m.Payload), err)
		}
	})
	t.Run("messages in turn", func(t *testing.T) {
		var a, b *Assembly
		for i := range 100 {
			one, two := fmt.Sprintf("one %d", i), strings.Repeat(fmt.Sprint("two ", i), i)
			in := reserved(rsv1>>4, fragments(OpText, packed(t, one, 1), 4))
			if m, _, err := Next(&a, in[:10], lim); err != nil || m.Op != None {
				t.Fatal(m, err)
			}
			m, _, err := Next(&b, zipped(OpText, packed(t, two, 1)), lim)
			if err != nil || string(m.Payload) != two {
				t.Fatalf("got %.20q, %v, want %.20q", m.Payload, err, two)
			}
			m, _, err = Next(&a, in[10:], lim)
			if err != nil || string(m.Payload) != one {
				t.Fatalf("got %.20q, %v, want %.20q", m.Payload, err, one)
			}
		}
	})
}

// Small messages cost no allocation, and a large one leaves nothing behind.
func TestInflaterMemory(t *testing.T) {
	lim := deflating(Limits{MessageSize: 1 << 20, Fragments: 1})
	small := zipped(OpText, packed(t, strings.Repeat(`{"bid":1.2345,"ask":1.2346},`, 40), 6))
	large := zipped(OpText, packed(t, strings.Repeat("0123456789abcdef", 1<<16), 1))
	buf := make([]byte, len(large))
	read := func(in []byte) {
		var a *Assembly
		if m, _, err := Next(&a, buf[:copy(buf, in)], lim); err != nil || m.Op != OpText || a != nil {
			t.Fatal(m.Op, err, a)
		}
	}
	read(small)
	if got := testing.AllocsPerRun(100, func() { read(small) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
	read(large)
	if n := cap(lim.Inflater.out) + cap(lim.Inflater.raw); n > 2*keptInflated {
		t.Errorf("kept %d bytes", n)
	}
}

// FuzzInflate: whatever is sent, the Inflater makes of it what the standard
// library makes.
func FuzzInflate(f *testing.F) {
	for _, sent := range []string{
		"", "\x00", "\x01", "garbage", "\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
		"\x00\x05\x00\xfa\xffHello\x00", "\x00\x09\x00\xf6\xffHello", "\x01\x09\x00\xf6\xffHello",
		packed(f, strings.Repeat("abc", 100), 9), packed(f, noise(100), 1), packed(f, strings.Repeat(`{"a":1},`, 9), flate.HuffmanOnly),
	} {
		f.Add([]byte(sent), 300)
	}
	z := NewInflater()
	f.Fuzz(func(t *testing.T, sent []byte, limit int) {
		limit = min(max(0, limit), 1<<20)
		got, err := z.inflate(sent, limit)
		want, ok := unpacked(string(sent))
		switch {
		case err == nil && (!ok || string(got) != want):
			t.Fatalf("got %q, want %q, %v", got, want, ok)
		case err != nil && ok && (code(t, err) != 1009 || len(want) <= limit):
			t.Fatalf("got %v, want %q", err, want)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range []int{100, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("text of %d", size), func(b *testing.B) {
			in := zipped(OpText, packed(b, listing(size), 6))
			buf := make([]byte, len(in))
			lim := deflating(roomy)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var a *Assembly
			for b.Loop() {
				copy(buf, in)
				if m, _, err := Next(&a, buf, lim); err != nil || len(m.Payload) != size {
					b.Fatal(m.Op, err)
				}
			}
		})
	}
}
