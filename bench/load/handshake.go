package load

import (
	"bytes"
	"fmt"
	"strings"
)

// offer asks for compressed messages that need no window of those before.
const offer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

// request returns the handshake of client i (RFC 6455 section 4.1). The key is
// always the same: these clients do not check the answer to it.
func (o *Options) request(i int) []byte {
	var b strings.Builder
	path := "/ws"
	if o.Query != "" {
		path += "?" + o.Query
	}
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", path, o.Server)
	if o.Compress {
		b.WriteString(offer)
	}
	if o.Token != nil {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", o.Token(i))
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// parseAnswer reads the head of the answer to a handshake. A size of 0 means
// that not all of it has come.
func parseAnswer(b []byte, compress bool) (size int, err error) {
	const end = "\r\n\r\n"
	i := bytes.Index(b, []byte(end))
	if i < 0 {
		if len(b) > 1<<16 {
			return 0, fmt.Errorf("handshake: the answer has no end")
		}
		return 0, nil
	}
	head, size := string(b[:i]), i+len(end)
	status, fields, _ := strings.Cut(head, "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101 ") {
		return 0, fmt.Errorf("handshake: %s", status)
	}
	granted := ""
	for line := range strings.SplitSeq(fields, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Sec-WebSocket-Extensions") {
			granted = value
		}
	}
	if compress != strings.Contains(granted, "server_no_context_takeover") {
		return 0, fmt.Errorf("handshake: extensions %q are granted", granted)
	}
	return size, nil
}
