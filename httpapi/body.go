package httpapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// guardBody bounds the time a request's body may take and has the connection
// closed after the answer, which readBody undoes. Without it a body nobody
// reads, as that of a call without a key, would be waited for by net/http.
func guardBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) {
	if r.ContentLength == 0 {
		return
	}
	w.Header().Set("Connection", "close")
	// A writer without deadlines (a recorder in a test) has no slow reader either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout))
}

// readBody reads a JSON body of at most limit bytes under the deadline that
// guardBody has set.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if err := checkBodyHeaders(r.Header); err != nil {
		return nil, err
	}
	if r.ContentLength > limit {
		return nil, bodyTooLarge(limit)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, bodyError(err, limit)
	}
	w.Header().Del("Connection")
	// Left in place, the deadline would end the request's context.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// checkBodyHeaders refuses what is not plain JSON. Content-Type is required:
// a browser may send a body without it to another origin unasked.
func checkBodyHeaders(h http.Header) error {
	unsupported := func(format string, args ...any) error {
		return protocol.Errorf(protocol.CodeUnsupportedMedia, format, args...)
	}
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return unsupported("Content-Encoding %q is not supported; send the body uncompressed", clip(enc))
	}
	given := h.Get("Content-Type")
	if given == "" {
		return unsupported("the body has no Content-Type; send Content-Type: application/json")
	}
	kind, params, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/json" {
		return unsupported("Content-Type %q is not supported; send Content-Type: application/json", clip(given))
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupported("charset %q is not supported; send UTF-8", clip(charset))
	}
	return nil
}

func bodyError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bodyTooLarge(limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return protocol.Errorf(protocol.CodeTimeout, "the body took too long to arrive; send it without pauses")
	}
	return protocol.Errorf(protocol.CodeBadRequest, "the body ended early; send as much as Content-Length announces")
}

func bodyTooLarge(limit int64) error {
	return protocol.Errorf(protocol.CodeTooLarge, "the body is larger than %d bytes; send less, or in parts", limit)
}
