package demo

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcry-dev/outcry"
)

// quiet discards the log.
var quiet = slog.New(slog.DiscardHandler)

func TestRunKeepsItsRate(t *testing.T) {
	tests := map[string]struct{ rate, perMinute float64 }{
		"default":            {0, 100 * 60},
		"slow":               {0.5, 30},
		"fraction of a beat": {1500, 1500 * 60},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				sent := 0
				// Every publish takes a while; the pace must not suffer.
				publish := func(context.Context, outcry.Message) error {
					sent++
					time.Sleep(100 * time.Microsecond)
					return nil
				}
				if err := Run(ctx, publish, Options{Rate: test.rate, Logger: quiet}); err != nil {
					t.Fatal(err)
				}
				if got := float64(sent); got < test.perMinute-10 || got > test.perMinute+1 {
					t.Errorf("%v messages in a minute, want %v", got, test.perMinute)
				}
			})
		})
	}
}

func TestRunSkipsWhatFindsNoRoom(t *testing.T) {
	for _, refusal := range []error{outcry.ErrBusy, outcry.ErrNotRunning, outcry.ErrUnavailable, context.DeadlineExceeded} {
		t.Run(refusal.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				var log bytes.Buffer
				calls, taken := 0, 0
				publish := func(context.Context, outcry.Message) error {
					if calls++; calls%2 == 0 {
						return refusal
					}
					taken++
					return nil
				}
				err := Run(ctx, publish, Options{Rate: 10, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				if taken < 24 || taken > 26 {
					t.Errorf("%d messages taken, want 25", taken)
				}
				if !strings.Contains(log.String(), "skipped=25") {
					t.Errorf("log %q does not count the skipped", log.String())
				}
			})
		})
	}
}

// TestRunAfterStall holds one publish for 10 s: of the messages due meanwhile
// all are given up but those of the last moment.
func TestRunAfterStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		sent := 0
		publish := func(context.Context, outcry.Message) error {
			if sent++; sent == 1 {
				time.Sleep(10 * time.Second)
			}
			return nil
		}
		if err := Run(ctx, publish, Options{Rate: 100, Logger: quiet}); err != nil {
			t.Fatal(err)
		}
		if sent < 990 || sent > 1010 {
			t.Errorf("%d messages, want about 1000", sent)
		}
	})
}

// TestRunLimitsThePatience checks that a publish which waits for room is told
// to stop waiting.
func TestRunLimitsThePatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		calls := 0
		publish := func(ctx context.Context, _ outcry.Message) error {
			calls++
			<-ctx.Done()
			return outcry.ErrBusy
		}
		if err := Run(ctx, publish, Options{Rate: 1000, Logger: quiet}); err != nil {
			t.Fatal(err)
		}
		if calls < 10 || calls > 15 {
			t.Errorf("%d publishes in 3 s, want one per %v", calls, patience)
		}
	})
}

func TestRunEndsOnOtherErrors(t *testing.T) {
	broken := errors.New("broken")
	publish := func(context.Context, outcry.Message) error { return broken }
	if err := Run(t.Context(), publish, Options{Logger: quiet}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	publish := func(ctx context.Context, _ outcry.Message) error {
		cancel()
		return ctx.Err()
	}
	if err := Run(ctx, publish, Options{Logger: quiet}); err != nil {
		t.Errorf("error %v, want none", err)
	}
}

func TestRunRefusesBadOptions(t *testing.T) {
	tests := map[string]struct {
		options Options
		want    string
	}{
		"negative rate": {Options{Rate: -1}, "rate -1 must be above 0"},
		"huge rate":     {Options{Rate: 1e7}, "at most 1000000"},
		"symbol":        {Options{Symbols: []Symbol{{Name: "A"}}}, `symbol "A": tick 0`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := Run(t.Context(), nil, test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
