package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The functions of this file make Keys, one function for each kind. The last
// argument finds the field in a tree.

func integer(path, doc string, low, high int, field func(*Settings) *int) Key {
	allowed := fmt.Sprintf("an integer from %d to %d", low, high)
	return scalar(Key{Path: path, Doc: doc, Kind: Integer, Allowed: allowed}, field, func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			return 0, notAllowed(allowed)
		}
		return n, nil
	})
}

// The bounds of times: a Loop's timers are no finer, and it counts
// milliseconds in 32 bits.
const (
	minInterval = 10 * time.Millisecond
	maxInterval = 7 * 24 * time.Hour
)

func duration(path, doc string, field func(*Settings) *time.Duration) Key {
	return interval(path, doc, minInterval, maxInterval, false, field)
}

// switchable is duration for what 0 switches off.
func switchable(path, doc string, low, high time.Duration, field func(*Settings) *time.Duration) Key {
	return interval(path, doc, low, high, true, field)
}

func interval(path, doc string, low, high time.Duration, off bool, field func(*Settings) *time.Duration) Key {
	allowed := fmt.Sprintf("a time from %s to %s", formatDuration(low), formatDuration(high))
	if off {
		allowed = "0 for off, or " + allowed
	}
	return scalar(Key{Path: path, Doc: doc, Kind: Duration, Allowed: allowed}, field, func(text string) (time.Duration, error) {
		d, err := ParseDuration(text)
		if err != nil || (d != 0 || !off) && (d < low || d > high) {
			return 0, notAllowed(allowed + "; a bare number is in seconds")
		}
		return d, nil
	})
}

func boolean(path, doc string, field func(*Settings) *bool) Key {
	return scalar(Key{Path: path, Doc: doc, Kind: Bool, Allowed: string(Bool)}, field, parseBool)
}

func text(path, doc, allowed string, field func(*Settings) *string, valid func(string) bool) Key {
	return scalar(Key{Path: path, Doc: doc, Kind: Text, Allowed: allowed}, field, func(text string) (string, error) {
		if !valid(text) {
			return "", notAllowed(allowed)
		}
		return text, nil
	})
}

func choice(path, doc string, options []string, field func(*Settings) *string) Key {
	return text(path, doc, "one of "+strings.Join(options, ", "), field, func(text string) bool {
		return slices.Contains(options, text)
	})
}

// secret is a text that is never shown.
func secret(path, doc, allowed string, field func(*Settings) *string, check func(string) error) Key {
	return scalar(Key{Path: path, Doc: doc, Kind: Text, Allowed: allowed, Secret: true}, field, func(text string) (string, error) {
		return text, check(text)
	})
}

func scalar[T any](k Key, field func(*Settings) *T, parse func(string) (T, error)) Key {
	k.set = func(s *Settings, values []string) error {
		if len(values) != 1 {
			return notAllowed(k.Allowed)
		}
		v, err := parse(values[0])
		if err != nil {
			return err
		}
		*field(s) = v
		return nil
	}
	k.value = func(s *Settings) any { return *field(s) }
	return k
}

func list[T any](k Key, field func(*Settings) *[]T, parse func(string) (T, error)) Key {
	k.Kind = List
	k.set = func(s *Settings, values []string) error {
		items := make([]T, 0, len(values))
		for i, text := range values {
			item, err := parse(text)
			switch {
			case err == nil:
				items = append(items, item)
			case k.Secret:
				return fmt.Errorf("item %d: %w", i+1, err)
			default:
				return fmt.Errorf("item %q: %w", text, err)
			}
		}
		*field(s) = items
		return nil
	}
	k.value = func(s *Settings) any {
		texts := make([]string, 0, len(*field(s)))
		for _, item := range *field(s) {
			texts = append(texts, fmt.Sprint(item))
		}
		return texts
	}
	return k
}

// notAllowed is the error of a value outside of what is allowed.
func notAllowed(allowed string) error { return errors.New("allowed: " + allowed) }

// ParseDuration reads a time as every source writes it: a bare number counts
// seconds, anything else is Go's notation ("1m30s", "2ms").
func ParseDuration(text string) (time.Duration, error) {
	if strings.Trim(text, "+-.0123456789") == "" {
		text += "s"
	}
	return time.ParseDuration(text)
}

// formatDuration writes d without the zero units that Duration.String adds.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// parseBool takes the words that environment files commonly use.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, notAllowed(string(Bool))
}
