package protocol

import "time"

// AppendTime appends t as every timestamp of the protocol is written: RFC 3339
// with microseconds, in UTC, its zone written "+00:00". Finer digits are cut
// off.
func AppendTime(dst []byte, t time.Time) []byte {
	dst = t.UTC().AppendFormat(dst, time.RFC3339) // Go has a faster way for this layout than for others
	dst = append(dst[:len(dst)-len("Z")], ".000000+00:00"...)
	digits := dst[len(dst)-len("000000+00:00"):]
	for i, micros := 5, t.Nanosecond()/1000; micros > 0; i-- {
		digits[i] += byte(micros % 10)
		micros /= 10
	}
	return dst
}

// AppendQuotedTime appends t as a JSON string.
func AppendQuotedTime(dst []byte, t time.Time) []byte {
	return append(AppendTime(append(dst, '"'), t), '"')
}
