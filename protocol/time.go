package protocol

import "time"

// timeLayout is RFC 3339 with microseconds; the zone of UTC is "+00:00".
const timeLayout = "2006-01-02T15:04:05.000000-07:00"

// AppendTime appends t as every timestamp of the protocol is written: RFC 3339
// with microseconds, in UTC, its zone written "+00:00". Finer digits are cut
// off.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, timeLayout)
}

// AppendQuotedTime appends t as a JSON string.
func AppendQuotedTime(dst []byte, t time.Time) []byte {
	return append(AppendTime(append(dst, '"'), t), '"')
}
