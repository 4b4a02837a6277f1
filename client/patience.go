package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// patience is the waiting one call of a Publisher may still do.
type patience struct {
	left   time.Duration
	growth backoff
}

func (p *Publisher) patience() patience {
	return patience{
		left:   p.opts.MaxWait,
		growth: backoff{least: shortestBackoff, most: 5 * time.Second},
	}
}

// wait pauses as long as the server asked, or for a random while where it did
// not. It returns false where that is more than is left, or ctx ends.
func (p *patience) wait(ctx context.Context, asked time.Duration) bool {
	pause := asked
	if pause <= 0 {
		pause = p.growth.next(nil)
	}
	if pause > p.left {
		return false
	}
	p.left -= pause
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// retryable says that the server has taken nothing and may later.
func retryable(err error) bool {
	e, ok := errors.AsType[*RefusedError](err)
	return ok && (e.Status == http.StatusServiceUnavailable || e.Status == http.StatusTooManyRequests)
}

// pauseOf is the Retry-After of a refusal.
func pauseOf(err error) time.Duration {
	if e, ok := errors.AsType[*RefusedError](err); ok {
		return e.RetryAfter
	}
	return 0
}

// retryAfter reads Retry-After in both its forms (RFC 9110, 10.2.3); 0 where
// there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxPause/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), maxPause)
	}
	return 0
}
