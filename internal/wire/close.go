package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// CloseError says with which code and reason a connection has to be closed
// because of what its peer sent: 1002, 1007, 1008 or 1009. Both may be sent.
type CloseError struct {
	Code   uint16
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("websocket: %s (close %d)", e.Reason, e.Code)
}

func closeError(code ws.StatusCode, reason string) error {
	return &CloseError{Code: uint16(code), Reason: reason}
}

func textError() error {
	return closeError(ws.StatusInvalidFramePayloadData, "text is not valid utf-8")
}

func sizeError() error {
	return closeError(ws.StatusMessageTooBig, "message too big")
}

// Bounds of the close codes that gobwas/ws does not know: those that IANA has
// registered since the RFC, and the end of the private range.
const (
	firstRegistered = 1012
	lastRegistered  = 1014
	lastPrivate     = 4999
)

const (
	codeSize      = 2
	maxReasonSize = ws.MaxControlFramePayloadSize - codeSize
)

// ParseClose decodes the payload of an OpClose message. An empty one has code
// 1005, "no status". A code that may not be sent, or half a code, is a
// *CloseError 1002; a reason that is not UTF-8 is a *CloseError 1007; RFC 6455
// section 7.4.
func ParseClose(payload []byte) (code uint16, reason string, err error) {
	switch len(payload) {
	case 0:
		return uint16(ws.StatusNoStatusRcvd), "", nil
	case 1:
		return 0, "", closeError(ws.StatusProtocolError, "close code cut off")
	}
	code, reason = binary.BigEndian.Uint16(payload), string(payload[codeSize:])
	if code > lastPrivate {
		return 0, "", closeError(ws.StatusProtocolError, "close code out of range")
	}
	checked := ws.StatusCode(code)
	if firstRegistered <= code && code <= lastRegistered {
		checked = ws.StatusNormalClosure
	}
	switch err := ws.CheckCloseFrameData(checked, reason); {
	case err == nil:
		return code, reason, nil
	case errors.Is(err, ws.ErrProtocolInvalidUTF8):
		return 0, "", closeError(ws.StatusInvalidFramePayloadData, err.Error())
	default:
		return 0, "", closeError(ws.StatusProtocolError, err.Error())
	}
}

// AppendClose appends a Close frame. Code 0 or 1005 means none, so that what
// ParseClose returned can be echoed; the frame then has no reason either. Of
// the reason as much is sent as fits, 123 bytes of whole code points.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 || code == uint16(ws.StatusNoStatusRcvd) {
		return AppendHeader(dst, OpClose, 0)
	}
	reason = strings.ToValidUTF8(reason, string(utf8.RuneError))
	if len(reason) > maxReasonSize {
		n := maxReasonSize
		for !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	dst = AppendHeader(dst, OpClose, codeSize+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}
