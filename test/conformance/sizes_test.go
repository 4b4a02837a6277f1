package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// TestSizes covers case 12, group 1: text and binary messages around the bounds
// of the three forms of a length.
func TestSizes(t *testing.T) {
	var list []exchange
	for i, op := range []opcode{opText, opBinary} {
		filler := map[opcode]string{opText: "*", opBinary: "\xfe"}[op]
		for j, x := range []struct {
			size  int
			chops chops
		}{{0, 0}, {125, 0}, {126, 0}, {127, 0}, {128, 0}, {65535, 0}, {65536, 0}, {65536, 997}, {128, 1}, {65536, 1447}} {
			payload := strings.Repeat(filler, x.size)
			list = append(list, exchange{
				name:  fmt.Sprintf("1.%d.%d", i+1, j+1),
				send:  whole(op, 0, payload),
				chops: x.chops,
				want:  echoes(op, payload),
			})
		}
	}
	group(t, list)
}
