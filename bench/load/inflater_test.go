package load

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// deflate compresses a message by itself (RFC 7692 section 7.2.1).
func deflate(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func TestInflater(t *testing.T) {
	var f inflater
	for i := range 3 * remembered {
		want := fmt.Sprintf("message %d %s", i, strings.Repeat("abc", i*50))
		packed := deflate(t, want)
		for range 3 { // the second time it is remembered
			got, err := f.inflate(packed)
			if err != nil || string(got) != want {
				t.Fatalf("got %q, error %v, want %q", got, err, want)
			}
		}
	}
	if _, err := f.inflate([]byte{0xff, 0xff, 0xff}); err == nil {
		t.Error("no error for what is not compressed")
	}
}
