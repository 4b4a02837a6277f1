package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/test/process"
)

const (
	startWait = 20 * time.Second
	callWait  = 20 * time.Second
)

// setup says how a server is to be started.
type setup struct {
	secret string   // signs tokens; empty: development mode, open to all
	file   string   // outcry.yaml
	flags  []string // of outcry serve
}

// server is a running server process.
type server struct {
	*process.Server
	address string
	key     string // of the API
	http    *http.Client
}

// apiKey opens the API where it is not open to all.
const apiKey = "key-canary-4f1c9a7e21"

// start starts a server on a free port, until the end of the test.
func start(t *testing.T, p setup) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{
		key:  apiKey,
		http: &http.Client{Timeout: callWait, Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
	}
	if p.file != "" {
		if err := os.WriteFile(filepath.Join(dir, "outcry.yaml"), []byte(p.file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{
		"serve", "--address=127.0.0.1:0", "--admin-address=", "--log-format=json", "--log-level=debug",
		"--drain-timeout=500ms", "--max-connections=6000",
	}, p.flags...)
	if p.secret == "" {
		args = append(args, "--dev")
	}
	s.Server = program.Start(t, dir, []string{
		"WEBSOCKET_API_KEYS=" + s.key, "WEBSOCKET_JWT_SECRET=" + p.secret,
		"WEBSOCKET_TRANSPORT=" + os.Getenv("OUTCRY_TEST_TRANSPORT"), // empty: the default
	}, args...)
	t.Cleanup(s.http.CloseIdleConnections)
	s.await(t)
	return s
}

// await waits until the server has said where it listens and admits clients.
func (s *server) await(t *testing.T) {
	t.Helper()
	serving := regexp.MustCompile(`"ws://[^/"]*(:[1-9]\d*)/ws"`)
	process.Eventually(t, startWait, func() error {
		m := serving.FindSubmatch(s.Logged(t))
		if m == nil {
			return fmt.Errorf("the server named no address:\n%s", s.Logged(t))
		}
		s.address = "127.0.0.1" + string(m[1])
		return s.call(t.Context(), http.MethodGet, "/readyz", "", nil)
	})
}

// statusError is an answer of the API other than 200.
type statusError struct {
	status int
	body   string
}

func (e *statusError) Error() string { return fmt.Sprintf("answered %d: %s", e.status, e.body) }

// call makes one request. Where into is not nil the answer is decoded into it.
func (s *server) call(ctx context.Context, method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Api-Key", s.key)
	response, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %w", method, path, &statusError{response.StatusCode, string(answer)})
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}

// payloadCanary stands in every payload, so that one in the log is found.
const payloadCanary = "payload-canary-9d2b60f3"

// publish sends message n, filled up to about size bytes, to a channel.
func (s *server) publish(ctx context.Context, channel string, n, size int) error {
	return s.call(ctx, http.MethodPost, "/api/v1/publish", numbered(channel, n, size), nil)
}

// publishAll sends messages first to last in one call.
func (s *server) publishAll(ctx context.Context, channel string, first, last, size int) error {
	messages := make([]string, 0, last-first+1)
	for n := first; n <= last; n++ {
		messages = append(messages, numbered(channel, n, size))
	}
	body := `{"messages":[` + strings.Join(messages, ",") + `]}`
	return s.call(ctx, http.MethodPost, "/api/v1/publish/batch", body, nil)
}

// numbered is a publication as the API takes it.
func numbered(channel string, n, size int) string {
	filler := strings.Repeat("x", max(0, size-len(payloadCanary)))
	return fmt.Sprintf(`{"channel":%q,"data":{"n":%d,"text":%q}}`, channel, n, payloadCanary+filler)
}

// stats are the parts of /api/v1/stats that the tests look at.
type stats struct {
	Active          int  `json:"active_connections"`
	Unauthenticated int  `json:"unauthenticated"`
	Total           int  `json:"total_connections"`
	Dropped         int  `json:"messages_dropped"`
	Errors          int  `json:"errors"`
	Panics          int  `json:"panics"`
	Subscriptions   int  `json:"subscriptions"`
	Channels        int  `json:"channels"`
	QueuedMessages  int  `json:"queued_messages"`
	QueuedBytes     int  `json:"queued_bytes"`
	InFlight        int  `json:"publications_in_flight"`
	LogDropped      int  `json:"log_records_dropped"`
	Goroutines      int  `json:"goroutines"`
	Partial         bool `json:"partial"`
}

func (s *server) stats(ctx context.Context) (st stats, err error) {
	if err = s.call(ctx, http.MethodGet, "/api/v1/stats", "", &st); err == nil && st.Partial {
		err = errors.New("the stats are partial")
	}
	return st, err
}

// mustStats is stats where they cannot fail.
func (s *server) mustStats(t *testing.T) stats {
	t.Helper()
	var st stats
	process.Eventually(t, callWait, func() (err error) {
		st, err = s.stats(t.Context())
		return err
	})
	return st
}

// subscribers lists the ids of a channel's subscribers, and checks that count
// and presence agree with the list.
func (s *server) subscribers(ctx context.Context, channel string) (map[string]bool, error) {
	ids := map[string]bool{}
	after, count := "", 0
	for {
		var page struct {
			Count       int      `json:"subscriber_count"`
			Subscribers []string `json:"subscribers"`
			Next        string   `json:"next"`
		}
		err := s.call(ctx, http.MethodGet, "/api/v1/channels/"+channel+"?limit=1000&after="+after, "", &page)
		if err != nil {
			return nil, err
		}
		for _, id := range page.Subscribers {
			ids[id] = true
		}
		if after, count = page.Next, page.Count; after == "" {
			break
		}
	}
	var present struct {
		Count int `json:"count"`
	}
	err := s.call(ctx, http.MethodGet, "/api/v1/channels/"+channel+"/presence?limit=1", "", &present)
	if err == nil && (count != len(ids) || present.Count != len(ids)) {
		err = fmt.Errorf("%s: %d listed, subscriber_count %d, %d present", channel, len(ids), count, present.Count)
	}
	return ids, err
}

// heap is process.Server.Heap, by publishing large messages to nobody.
func (s *server) heap(ctx context.Context, t *testing.T) (int, error) {
	t.Helper()
	return s.Heap(t, func() error { return s.publish(ctx, "nobody", 0, 1_000_000) })
}

// leaks returns those of the secrets that stand in the log.
func (s *server) leaks(t *testing.T, secrets ...string) (found []string) {
	t.Helper()
	log := s.Logged(t)
	for _, secret := range secrets {
		if bytes.Contains(log, []byte(secret)) {
			found = append(found, secret)
		}
	}
	return found
}
