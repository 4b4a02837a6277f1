package clients

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// conversationTimeout bounds all scenarios of one client.
const conversationTimeout = 2 * time.Minute

// scenarios are what every client goes through, in this order.
func scenarios() []string {
	return []string{
		"connect", "established", "ping", "subscribe", "broadcasts", "chat",
		"unsubscribe", "invalid_json", "unknown_type",
	}
}

// result is how one scenario ended.
type result struct {
	Scenario string    `json:"scenario"`
	Error    string    `json:"error"`
	Prices   []float64 `json:"prices"`
}

// talk is what a client is given: where to connect, what to expect, whom to
// ask for publications, and whom to tell the results.
type talk struct {
	url     string
	name    string
	channel string // of the ticks
	ticks   int
	replay  func() error
	publish func(channel string, message jsontext.Value) error
	burst   func(channel string, count int) error
	done    func(result)
}

func TestForeignClients(t *testing.T) {
	clients := []struct {
		name     string
		scheme   string
		channels string // of its ticks, without the symbol
		converse func(context.Context, talk) error
	}{
		{"wscat", "ws", "wscat", program("node", "wscat.mjs")},
		{"ws", "ws", "ws", program("node", "ws.mjs")},
		{"python", "ws", "python", program("/usr/bin/python3", "websockets_client.py")},
		{"chromium", "http", "quotes", program("node", "chromium.mjs")},
		{"coder", "ws", "coder", converse},
	}
	running := startService(t)
	want := prices(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), conversationTimeout)
			defer cancel()
			given, results := running.talk(ctx, c.scheme, c.name)
			given.channel, given.ticks = c.channels+"."+symbol, len(want)
			given.replay = func() error { return running.replay(ctx, c.channels) }
			err := c.converse(ctx, given)
			judge(t, scenarios(), results, err, want)
		})
	}
}

// talk prepares what every client is given. The results are complete when the
// client has ended.
func (s *service) talk(ctx context.Context, scheme, name string) (given talk, results map[string]result) {
	results = map[string]result{}
	return talk{
		url:     scheme + "://" + s.address,
		name:    name,
		publish: func(channel string, m jsontext.Value) error { return s.publish(ctx, channel, m) },
		burst:   func(channel string, count int) error { return s.burst(ctx, channel, count) },
		done:    func(r result) { results[r.Scenario] = r },
	}, results
}

// judge turns the results of one client into subtests.
func judge(t *testing.T, scenarios []string, results map[string]result, err error, want []float64) {
	t.Helper()
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			r, ran := results[name]
			switch {
			case !ran:
				t.Error("did not run to its end")
			case r.Error != "":
				t.Error(r.Error)
			case name == "broadcasts":
				if diff := cmp.Diff(want, r.Prices); diff != "" {
					t.Errorf("prices received (-want +got):\n%s", diff)
				}
			}
		})
	}
	if err != nil {
		t.Error(err)
	}
}

// program lets a command do the talking; see the package comment.
func program(command ...string) func(context.Context, talk) error {
	return func(ctx context.Context, given talk) error {
		args := slices.Concat(command[1:], []string{given.url, given.name, given.channel, strconv.Itoa(given.ticks)})
		cmd := exec.CommandContext(ctx, command[0], args...)
		var complaints bytes.Buffer
		cmd.Stderr = &complaints
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("%w (make test installs it)", err)
		}
		if err := eachLine(out, given.serve); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return err
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%v: %w\n%s", command, err, &complaints)
		}
		return nil
	}
}

// serve does what one line that a program printed asks for.
func (g talk) serve(line []byte) error {
	var l struct {
		result
		Want    string         `json:"want"`
		Channel string         `json:"channel"`
		Message jsontext.Value `json:"message"`
		Count   int            `json:"count"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("printed %q: %w", line, err)
	}
	switch l.Want {
	case "ticks":
		return g.replay()
	case "publish":
		return g.publish(l.Channel, l.Message)
	case "burst":
		return g.burst(l.Channel, l.Count)
	}
	g.done(l.result)
	return nil
}
