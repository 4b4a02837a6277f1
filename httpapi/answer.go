package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/protocol"
)

// reply is what a handler answers.
type reply struct {
	status     int
	body       any           // marshalled, unless it is a jsontext.Value
	retryAfter time.Duration // sent as Retry-After where not zero
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// errorBody is the shape of every error.
type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    protocol.Code `json:"code"`
	Message string        `json:"message"`
}

func detail(e *protocol.Error) errorDetail { return errorDetail{Code: e.Code, Message: e.Message} }

// fail answers err.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := a.explain(r, err)
	status := e.Code.HTTPStatus()
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry"`)
	}
	a.send(w, r, reply{status: status, body: errorBody{detail(e)}, retryAfter: pause(e)})
}

// pause is how long the caller should wait before the next try: what the error
// says, and for every 503 at least a second.
func pause(e *protocol.Error) time.Duration {
	if e.Code.HTTPStatus() == http.StatusServiceUnavailable {
		return max(e.RetryAfter, time.Second)
	}
	return e.RetryAfter
}

// explain turns any error into one the caller may see. The cause of an
// internal error goes to the log.
func (a *API) explain(r *http.Request, err error) *protocol.Error {
	e := public(err)
	if e != nil {
		return e
	}
	if r.Context().Err() == nil { // else the caller has left, and that is all
		a.log.Error("http call failed", slog.String("method", r.Method),
			slog.String("route", r.Pattern), slog.Any("err", err))
	}
	return internalError()
}

// public returns the error as callers may see it, nil where they may not.
func public(err error) *protocol.Error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		return e
	}
	for _, known := range []struct {
		is   error
		code protocol.Code
		text string
	}{
		{outcry.ErrBusy, protocol.CodeBusy, "too many publications in flight; nothing was published, try again"},
		{outcry.ErrNotRunning, protocol.CodeUnavailable, "the node is not running"},
		{outcry.ErrDraining, protocol.CodeDraining, "the node is shutting down; use another"},
		{outcry.ErrNotFound, protocol.CodeNotFound, "no such client on this node"},
		{outcry.ErrNoHistory, protocol.CodeNoHistory, "the channel keeps no history; give it a rule with history"},
		{outcry.ErrUnavailable, protocol.CodeUnavailable, "temporarily unavailable"},
		{context.DeadlineExceeded, protocol.CodeUnavailable, "the node did not answer in time"},
	} {
		if errors.Is(err, known.is) {
			return protocol.Errorf(known.code, "%s", known.text)
		}
	}
	return nil
}

func internalError() *protocol.Error {
	return protocol.Errorf(protocol.CodeInternal, "internal error; the log of the node has the cause")
}

// send writes an answer.
func (a *API) send(w http.ResponseWriter, r *http.Request, answer reply) {
	body, err := json.Marshal(answer.body)
	if err != nil {
		a.log.Error("cannot encode an answer", slog.String("route", r.Pattern), slog.Any("err", err))
		answer = reply{status: http.StatusInternalServerError}
		body, _ = json.Marshal(errorBody{detail(internalError())}) // cannot fail: two plain strings
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if answer.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(answer.retryAfter.Seconds()))))
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(body) // a caller who has left cannot be told
}
