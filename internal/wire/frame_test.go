package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// Server frames, built in each way, are those that gobwas/ws builds.
func TestFrame(t *testing.T) {
	for _, op := range []Opcode{OpText, OpBinary, OpClose, OpPing, OpPong} {
		for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20} {
			t.Run(fmt.Sprintf("opcode %d, %d bytes", op, n), func(t *testing.T) {
				payload := bytes.Repeat([]byte("x"), n)
				want := ws.MustCompileFrame(ws.NewFrame(op, true, payload))
				if got := AppendFrame(nil, op, payload); !bytes.Equal(got, want) {
					t.Errorf("AppendFrame: got %.20x, want %.20x", got, want)
				}
				if got := AppendFrame([]byte("kept"), op, payload); string(got[:4]) != "kept" || !bytes.Equal(got[4:], want) {
					t.Errorf("AppendFrame after others: got %.20x, want %.20x", got, want)
				}
				if got := len(AppendHeader(nil, op, n)); got != HeaderSize(n) || got != len(want)-n {
					t.Errorf("header of %d bytes, HeaderSize says %d, want %d", got, HeaderSize(n), len(want)-n)
				}
				buf := append(BeginFrame([]byte("old")), payload...)
				if got := EndFrame(buf, op); !bytes.Equal(got, want) {
					t.Errorf("EndFrame: got %.20x, want %.20x", got, want)
				}
			})
		}
	}
}

// The memory of a frame can be used for the next.
func TestFrameAllocations(t *testing.T) {
	payload := []byte(strings.Repeat("x", 200))
	buf := make([]byte, 0, MaxHeader+len(payload))
	if got := testing.AllocsPerRun(100, func() {
		EndFrame(append(BeginFrame(buf), payload...), OpText)
		AppendFrame(buf[:0], OpText, payload)
		AppendClose(buf[:0], 4003, "slow_consumer")
	}); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	payload := []byte(strings.Repeat("x", 132))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendFrame(buf[:0], OpText, payload)
	}
}
