package wire

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
)

// compressedFrame is what must be around a compressed payload, by gobwas/ws.
func compressedFrame(op Opcode, sent []byte) []byte {
	f := ws.NewFrame(op, true, sent)
	f.Header.Rsv = ws.Rsv(true, false, false)
	return ws.MustCompileFrame(f)
}

// Any client reads what a Deflater writes; RFC 7692 section 7.2.1.
func TestDeflater(t *testing.T) {
	for level := -1; level <= 11; level++ {
		d := NewDeflater(level)
		for _, n := range []int{0, 1, 2, 10, 125, 126, 127, 200, 1 << 10, 65535, 65536, 100_000} {
			for name, payload := range map[string]string{"JSON": listing(n), "noise": noise(n), "zeros": strings.Repeat("\x00", n)} {
				t.Run(fmt.Sprintf("%d of %s at level %d", n, name, level), func(t *testing.T) {
					op := OpText + Opcode(n&1)
					got := d.AppendFrame([]byte("kept"), op, []byte(payload))
					sent := Payload(got[4:])
					if string(got[:4]) != "kept" || !bytes.Equal(got[4:], compressedFrame(op, sent)) {
						t.Fatalf("frame %.20x", got)
					}
					if back, ok := unpacked(string(sent)); !ok || back != payload {
						t.Fatalf("got %d bytes, %v", len(back), ok)
					}
					// Noise costs a stored block's header for each 32 KiB at worst.
					if len(sent) > n+5*(n>>15+1)+1 || name == "JSON" && n >= 1<<10 && len(sent) > n/2 {
						t.Errorf("%d bytes became %d", n, len(sent))
					}
				})
			}
		}
	}
}

// RFC 7692 section 7.2.3.6.
func TestDeflaterEmpty(t *testing.T) {
	for _, level := range []int{1, 5, 7, 9} {
		if got := string(NewDeflater(level).AppendFrame(nil, OpText, nil)); got != "\xc1\x01\x00" {
			t.Errorf("level %d: got %x", level, got)
		}
	}
}

// A frame tells nothing of the ones before; case 24.
func TestDeflaterIsolation(t *testing.T) {
	guess := []byte(`{"token":"5f1b6c3e9a7d"}`)
	for level := 1; level <= 9; level++ {
		want := NewDeflater(level).AppendFrame(nil, OpText, guess)
		c := newCompressor(level)
		for _, before := range []string{string(guess), `{"token":"5f1b6c3e9a7c"}`, noise(70_000), listing(70_000), ""} {
			c.deflate([]byte(before))
			if got := compressedFrame(OpText, c.deflate(guess)); !bytes.Equal(got, want) {
				t.Errorf("level %d: got %x after %.30q, want %x", level, got, before, want)
			}
		}
	}
}

// A compressor numbers the bytes it has seen, and starts anew after 2 GiB of
// them and of the gaps between messages.
func TestDeflaterLongLife(t *testing.T) {
	payload := []byte(listing(130)) // shorter ones are not searched for matches
	c := newCompressor(1)
	want := string(c.deflate(payload))
	for i := range 66_000 {
		if got := string(c.deflate(payload)); got != want {
			t.Fatalf("message %d: got %x, want %x", i, got, want)
		}
	}
}

// A Deflater is safe for concurrent use, and what it returned stays as it is.
func TestDeflaterConcurrent(t *testing.T) {
	d := NewDeflater(1)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			frames := map[string][]byte{}
			for i := range 50 {
				payload := strings.Repeat(fmt.Sprintf("goroutine %d, message %d; ", g, i), 1+i)
				frames[payload] = d.AppendFrame(nil, OpText, []byte(payload))
			}
			for payload, frame := range frames {
				if got, ok := unpacked(string(Payload(frame))); !ok || got != payload {
					t.Errorf("got %.30q, want %.30q", got, payload)
				}
			}
		})
	}
	all.Wait()
}

// A compressor allocates nothing for a small message, and keeps nothing of a
// large one.
func TestDeflaterMemory(t *testing.T) {
	payload := []byte(listing(1 << 10))
	c := newCompressor(1)
	c.deflate(payload)
	if got := testing.AllocsPerRun(100, func() { c.deflate(payload); c.trim() }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
	c.deflate([]byte(noise(1 << 20)))
	if c.trim(); c.out.Cap() > keptDeflated {
		t.Errorf("kept %d bytes", c.out.Cap())
	}
	frame := NewDeflater(1).AppendFrame(nil, OpText, payload)
	if cap(frame) > len(frame)+len(frame)/4 {
		t.Errorf("a frame of %d bytes occupies %d", len(frame), cap(frame))
	}
}

// FuzzDeflater: the standard library and this package read what it writes.
func FuzzDeflater(f *testing.F) {
	f.Add([]byte(""), 1)
	f.Add([]byte("Hello"), 6)
	f.Add([]byte(strings.Repeat("abcabcabd", 100)), 9)
	f.Add([]byte(noise(300)), 7)
	lim := deflating(Limits{MessageSize: 1 << 20, Fragments: 1})
	var levels [10]*Deflater
	for i := range levels {
		levels[i] = NewDeflater(i)
	}
	f.Fuzz(func(t *testing.T, payload []byte, level int) {
		sent := Payload(levels[min(max(0, level), 9)].AppendFrame(nil, OpBinary, payload))
		if got, ok := unpacked(string(sent)); !ok || got != string(payload) {
			t.Fatalf("the standard library reads %x of %x, %v", got, payload, ok)
		}
		var a *Assembly
		m, _, err := Next(&a, zipped(OpBinary, string(sent)), lim)
		if err != nil || !bytes.Equal(m.Payload, payload) {
			t.Fatalf("got %x, %v of %x", m.Payload, err, payload)
		}
	})
}

func BenchmarkDeflater(b *testing.B) {
	for _, level := range []int{1, 3, 6, 9} {
		for _, size := range []int{256, 1 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("level %d, text of %d", level, size), func(b *testing.B) {
				payload := []byte(listing(size))
				d := NewDeflater(level)
				var buf []byte
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					buf = d.AppendFrame(buf[:0], OpText, payload)
				}
				b.ReportMetric(float64(len(buf))/float64(size), "ratio")
			})
		}
	}
}
