package outcry

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// queueMargin is what queue_bytes must hold beyond one largest message, so
// that a single message can never fail to fit.
const queueMargin = 4 << 10

// maxInterval bounds every duration; the Loops count milliseconds in 32 bits.
const maxInterval = 7 * 24 * time.Hour

// Validate reports every error of c, joined, each naming its field. New calls
// it; zero values are valid.
func (c *Config) Validate() error {
	d := c.withDefaults()
	errs := checkAll(bounds[int]{"Config.Loops", d.Loops, 1, maxLoops, false})
	for _, e := range [][]error{d.Limits.check(), d.Timing.check(), d.Queue.check(d.Limits.MaxMessageSize), d.Compression.check(), d.Access.check()} {
		errs = append(errs, e...)
	}
	if err := d.Transport.check(); err != nil {
		errs = append(errs, err)
	}
	for i := range d.Rules {
		if err := d.Rules[i].check(); err != nil {
			errs = append(errs, fmt.Errorf("Config.Rules[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// bounds is one row of a table of checks.
type bounds[T int | time.Duration] struct {
	name      string
	value     T
	low, high T
	canBeOff  bool
}

func (b bounds[T]) check() error {
	if b.canBeOff && b.value < 0 || b.value >= b.low && b.value <= b.high {
		return nil
	}
	off := ""
	if b.canBeOff {
		off = ", or negative for off"
	}
	return fmt.Errorf("%s %v: allowed are %v to %v%s", b.name, b.value, b.low, b.high, off)
}

func checkAll[T int | time.Duration](rows ...bounds[T]) (errs []error) {
	for _, r := range rows {
		if err := r.check(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (l Limits) check() []error {
	return checkAll(
		bounds[int]{"Limits.MaxConnections", l.MaxConnections, 1, 10_000_000, false},
		bounds[int]{"Limits.MaxUnauthenticated", l.MaxUnauthenticated, 1, 10_000_000, false},
		bounds[int]{"Limits.MaxMessageSize", l.MaxMessageSize, 128, 1 << 30, false},
		bounds[int]{"Limits.MaxFragments", l.MaxFragments, 1, 1 << 20, false},
		bounds[int]{"Limits.MaxChannels", l.MaxChannels, 1, 1 << 20, false},
	)
}

func (t Timing) check() []error {
	const ms = time.Millisecond
	return checkAll(
		bounds[time.Duration]{"Timing.PingInterval", t.PingInterval, 10 * ms, maxInterval, true},
		bounds[time.Duration]{"Timing.PingTimeout", t.PingTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.HeartbeatInterval", t.HeartbeatInterval, 10 * ms, maxInterval, true},
		bounds[time.Duration]{"Timing.ConnectionTimeout", t.ConnectionTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.AuthTimeout", t.AuthTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.MessageTimeout", t.MessageTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.WriteTimeout", t.WriteTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.DrainTimeout", t.DrainTimeout, 10 * ms, maxInterval, false},
		bounds[time.Duration]{"Timing.FlushWindow", t.FlushWindow, 10 * time.Microsecond, time.Second, true},
	)
}

func (q Queue) check(maxMessage int) []error {
	errs := checkAll(
		bounds[int]{"Queue.Messages", q.Messages, 1, 1 << 20, false},
		bounds[int]{"Queue.Bytes", q.Bytes, 1, 1 << 30, false},
		bounds[int]{"Queue.InFlight", q.InFlight, 1, 1 << 24, false},
		bounds[int]{"Queue.InFlightBytes", q.InFlightBytes, 1, 1<<31 - 1, false},
		bounds[int]{"Queue.SocketUnsent", q.SocketUnsent, 1, 1 << 30, true},
	)
	if q.Bytes < maxMessage+queueMargin {
		errs = append(errs, fmt.Errorf("Queue.Bytes %d: must be at least Limits.MaxMessageSize + %d = %d, or one message could never be queued",
			q.Bytes, queueMargin, maxMessage+queueMargin))
	}
	if q.InFlightBytes < maxMessage+queueMargin {
		errs = append(errs, fmt.Errorf("Queue.InFlightBytes %d: must be at least Limits.MaxMessageSize + %d = %d",
			q.InFlightBytes, queueMargin, maxMessage+queueMargin))
	}
	return errs
}

func (a Access) check() (errs []error) {
	for _, o := range a.AllowedOrigins {
		if o != "*" && !isOrigin(o) {
			errs = append(errs, fmt.Errorf("Access.AllowedOrigins %q: allowed are %q or exact origins such as \"https://app.example.com:8443\"", o, "*"))
		}
	}
	for _, h := range a.AllowedHosts {
		if !isHost(h) {
			errs = append(errs, fmt.Errorf("Access.AllowedHosts %q: allowed are host names or addresses without port", h))
		}
	}
	for _, p := range a.TrustedProxies {
		if !p.IsValid() {
			errs = append(errs, fmt.Errorf("Access.TrustedProxies %q: allowed are networks such as \"10.0.0.0/8\"", p))
		}
	}
	return errs
}

// isOrigin reports whether o is what browsers send: scheme://host[:port].
func isOrigin(o string) bool {
	u, err := url.Parse(o)
	return err == nil && u.Scheme != "" && u.Hostname() != "" && !strings.Contains(u.Host, "*") &&
		strings.EqualFold(o, u.Scheme+"://"+u.Host)
}

// isHost reports whether h can be compared with a Host header whose port has
// been cut off.
func isHost(h string) bool {
	if _, err := netip.ParseAddr(strings.Trim(h, "[]")); err == nil {
		return true
	}
	return h != "" && !strings.ContainsAny(h, "/ *@:[]")
}

func (r *Rule) check() error {
	if err := protocol.CheckPattern(r.Match); err != nil {
		return fmt.Errorf("pattern %q: %s", r.Match, err.Message)
	}
	if r.Priority > PriorityLow {
		return fmt.Errorf("priority %d: allowed are PriorityNormal, PriorityHigh and PriorityLow", r.Priority)
	}
	if r.Overflow > OverflowClose {
		return fmt.Errorf("overflow %d: allowed are OverflowGap and OverflowClose", r.Overflow)
	}
	return nil
}

func (c Compression) check() []error {
	return checkAll(
		bounds[int]{"Compression.Level", c.Level, 1, 9, false},
		bounds[int]{"Compression.MinSize", c.MinSize, 1, 1 << 30, false},
	)
}
